/// The name of content: an algorithm and the hash of the bytes in hexadecimal
/// (OCI image specification, descriptor.md, "Digests").
public struct Digest: Hashable, Sendable, CustomStringConvertible, Comparable {
  /// The algorithm's name; `sha256` is the one that every registry serves.
  public let algorithm: String
  /// The hash in lower-case hexadecimal.
  public let hex: String

  /// A SHA-256 digest of known bytes.
  /// - Parameter bytes: 32 bytes.
  public init(sha256 bytes: some Sequence<UInt8>) {
    algorithm = "sha256"
    hex = Hexadecimal.encode(bytes)
  }

  /// Parses `algorithm:hex`; nil for anything else, an unknown algorithm and a wrong length included, so that a digest
  /// can be used as a file name without another look.
  public init?(_ text: some StringProtocol) {
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let algorithm = String(text[..<colon])
    let hex = String(text[text.utf8.index(after: colon)...])
    let length: Int
    switch algorithm {
    case "sha256": length = 64
    case "sha384": length = 96
    case "sha512": length = 128
    default: return nil
    }
    guard hex.utf8.count == length, hex.utf8.allSatisfy(Hexadecimal.isLowerCaseDigit) else { return nil }
    self.algorithm = algorithm
    self.hex = hex
  }

  /// `algorithm:hex`.
  public var description: String { "\(algorithm):\(hex)" }

  /// The first twelve digits, as Docker prints identifiers.
  public var short: String { String(hex.prefix(12)) }

  public static func < (a: Digest, b: Digest) -> Bool { (a.algorithm, a.hex) < (b.algorithm, b.hex) }
}

extension Digest: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let digest = Digest(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "invalid digest \(text)")
    }
    self = digest
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
