/// Where a list in pages goes on: opaque to clients, and of the form that Kubernetes gives it.
public struct ContinueToken: Sendable, Hashable {
  private static let version = "meta.k8s.io/v1"

  /// The revision at which all pages are read; nil where the next page is read at the latest one, because that of the
  /// first page is no longer kept.
  public let revision: UInt64?
  /// The key at which the page begins, below the prefix of the keys that are listed.
  public let start: String

  public init(revision: UInt64?, start: String) {
    self.revision = revision
    self.start = start
  }

  /// The text that a client gets.
  public var description: String {
    let token: JSONValue = [
      "v": .string(Self.version), "rv": .integer(revision.map { Int64(clamping: $0) } ?? -1), "start": .string(start),
    ]
    return Base64URL.encode(token.jsonBytes())
  }

  /// Reads a token that a client sends. A start that would climb out of the keys that are listed is refused.
  /// - Throws: a `badRequest` in Kubernetes' words.
  public init(_ text: String) throws(StatusError) {
    let invalid = "invalid continue token: continue key is not valid"
    guard let bytes = Base64URL.decode(text) else {
      throw .badRequest("\(invalid): illegal base64 data")
    }
    let token: JSONValue
    do {
      token = try JSONValue(json: bytes)
    } catch {
      throw .badRequest("\(invalid): \(error.message)")
    }
    let version = token["v"]?.stringValue ?? ""
    guard version == Self.version else {
      throw .badRequest("\(invalid): server does not recognize this encoded version \(version)")
    }
    guard let revision = token["rv"]?.integerValue, revision != 0 else {
      throw .badRequest("\(invalid): incorrect encoded start resourceVersion (version meta.k8s.io/v1)")
    }
    guard let start = token["start"]?.stringValue, !start.isEmpty else {
      throw .badRequest("\(invalid): encoded start key empty (version meta.k8s.io/v1)")
    }
    let parts = (start.hasPrefix("/") ? String(start.dropFirst()) : start)
      .split(separator: "/", omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
      throw .badRequest("\(invalid): \(start)")
    }
    self.init(revision: revision > 0 ? UInt64(revision) : nil, start: start)
  }
}

extension ContinueToken: CustomStringConvertible {}

/// Base 64 with the alphabet for URLs and without padding (RFC 4648, section 5).
enum Base64URL {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count * 4 + 2) / 3)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var bits: UInt32 = 0
      for offset in 0..<3 { bits = bits << 8 | (offset < group.count ? UInt32(group[start + offset]) : 0) }
      for digit in 0...group.count { text.append(alphabet[Int(bits >> UInt32(18 - 6 * digit)) & 63]) }
    }
    return String(decoding: text, as: UTF8.self)
  }

  static func decode(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for byte in text.utf8 {
      let value: UInt32
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = UInt32(byte) - 65
      case UInt8(ascii: "a")...UInt8(ascii: "z"): value = UInt32(byte) - 97 + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt32(byte) - 48 + 52
      case UInt8(ascii: "-"): value = 62
      case UInt8(ascii: "_"): value = 63
      default: return nil
      }
      bits = (bits << 6 | value) & 0xFFFFFF
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return count == 6 ? nil : bytes
  }
}
