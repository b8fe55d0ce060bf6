import Crypto

/// Who a client is, by the certificate that it has shown and proven to hold (RFC 5280).
public struct ClientCertificate: Sendable, Equatable {
  /// One attribute of the subject's name.
  public struct Attribute: Sendable, Equatable {
    /// The object identifier of its type, in dots: `2.5.4.3` is the common name.
    public let type: String
    public let value: String

    public init(type: String, value: String) {
      self.type = type
      self.value = value
    }
  }

  /// The subject's attributes in the order of the certificate.
  public let subject: [Attribute]
  /// The serial number, big-endian, without leading zero bytes.
  public let serialNumber: [UInt8]
  /// The validity, in seconds since 1970, both ends included.
  public let notBefore: Int64
  public let notAfter: Int64
  /// The certificate in DER.
  public let der: [UInt8]
  /// SHA-256 of the DER, in hexadecimal digits.
  public let fingerprint: String

  public init(subject: [Attribute], serialNumber: [UInt8], notBefore: Int64, notAfter: Int64, der: [UInt8]) {
    self.subject = subject
    self.serialNumber = serialNumber
    self.notBefore = notBefore
    self.notAfter = notAfter
    self.der = der
    fingerprint = Self.hexadecimal(SHA256.hash(data: der))
  }

  private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// The common name; Kubernetes' user name. The last one where there are several, as Go reads it.
  public var commonName: String? { subject.last { $0.type == "2.5.4.3" }?.value }

  /// The organisations; Kubernetes' groups.
  public var organizations: [String] { subject.compactMap { $0.type == "2.5.4.10" ? $0.value : nil } }
}
