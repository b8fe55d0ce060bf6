/// What the OPT pseudo-record says (RFC 6891, section 6.1).
public struct EDNS: Hashable, Sendable {
  /// One of its options.
  public struct Option: Hashable, Sendable {
    /// IANA's number.
    public var code: UInt16
    public var bytes: [UInt8]
    public init(code: UInt16, bytes: [UInt8]) {
      self.code = code
      self.bytes = bytes
    }
  }

  /// The largest datagram that the sender takes, in bytes.
  public var payloadSize: UInt16
  /// The upper eight bits of the response code.
  public var extendedCode: UInt8
  /// 0 is the only one there is.
  public var version: UInt8
  /// DO and fifteen bits without meaning yet.
  public var flags: UInt16
  public var options: [Option]

  public init(
    payloadSize: UInt16 = EDNS.ourPayloadSize, extendedCode: UInt8 = 0, version: UInt8 = 0, dnssecOK: Bool = false,
    options: [Option] = []
  ) {
    self.payloadSize = payloadSize
    self.extendedCode = extendedCode
    self.version = version
    flags = dnssecOK ? Self.dnssecOKBit : 0
    self.options = options
  }

  /// DO: the sender wants DNSSEC's records (RFC 3225).
  public var dnssecOK: Bool { flags & Self.dnssecOKBit != 0 }

  /// What we say that we take: what fits every link without fragments.
  public static let ourPayloadSize: UInt16 = 1232
  static let dnssecOKBit: UInt16 = 0x8000

  /// From the pseudo-record; nil for other records.
  public init?(_ record: ResourceRecord) {
    guard case .opt(let options) = record.data else { return nil }
    payloadSize = record.recordClass.rawValue
    extendedCode = UInt8(truncatingIfNeeded: record.timeToLive >> 24)
    version = UInt8(truncatingIfNeeded: record.timeToLive >> 16)
    flags = UInt16(truncatingIfNeeded: record.timeToLive)
    self.options = options
  }

  /// The pseudo-record.
  public var record: ResourceRecord {
    ResourceRecord(
      .root, timeToLive: UInt32(extendedCode) << 24 | UInt32(version) << 16 | UInt32(flags),
      recordClass: RecordClass(rawValue: payloadSize), .opt(options))
  }
}
