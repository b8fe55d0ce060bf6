/// What is wrong with a key, a certificate, a request or a token: which kind, on what and what to do, and what caused it.
public struct PKIError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure. A struct around a hidden enum, so that kinds can be added without breaking a switch.
  public struct Code: Sendable, Hashable {
    enum Kind: Hashable {
      case malformed, mismatch, signature, unknownAuthority, expired, notYetValid, issuer, audience, usage, subject,
        unsupported, file
    }
    let kind: Kind
    /// PEM, DER, JSON or a token that cannot be read.
    public static let malformed = Code(kind: .malformed)
    /// A certificate and a key that do not belong together, or a certificate that is no authority's.
    public static let mismatch = Code(kind: .mismatch)
    /// A signature that does not hold, or one by a key that is not known.
    public static let signature = Code(kind: .signature)
    /// Nobody who is trusted vouches for a certificate.
    public static let unknownAuthority = Code(kind: .unknownAuthority)
    /// The time of a certificate or a token is over.
    public static let expired = Code(kind: .expired)
    /// The time of a certificate or a token has not come.
    public static let notYetValid = Code(kind: .notYetValid)
    /// A token of somebody else.
    public static let issuer = Code(kind: .issuer)
    /// A token for somebody else.
    public static let audience = Code(kind: .audience)
    /// Usages that may not be granted, or a certificate that is not meant for this.
    public static let usage = Code(kind: .usage)
    /// A name that may not be granted, or that is not the one that was expected.
    public static let subject = Code(kind: .subject)
    /// A kind of key or an algorithm that is not served.
    public static let unsupported = Code(kind: .unsupported)
    /// A file that cannot be read or written.
    public static let file = Code(kind: .file)
  }

  public let code: Code
  /// One sentence for a person.
  public let message: String
  public let cause: (any Error)?

  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String {
    if let cause { return "\(message): \(cause)" }
    return message
  }
}
