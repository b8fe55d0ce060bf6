import Crypto
import FoundationEssentials
import OCI

/// SHA-256 over a stream of pieces.
struct ContentHash {
  private var hash = SHA256()
  /// Bytes hashed so far.
  private(set) var count: Int64 = 0

  mutating func update(_ bytes: [UInt8], count: Int) {
    hash.update(data: bytes[0..<count])
    self.count += Int64(count)
  }

  func finalize() -> OCI.Digest { OCI.Digest(sha256: hash.finalize()) }

  static func digest(_ bytes: [UInt8]) -> OCI.Digest { OCI.Digest(sha256: SHA256.hash(data: bytes)) }
}
