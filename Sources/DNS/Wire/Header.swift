/// What kind of query a message is (RFC 1035, section 4.1.1).
public struct Opcode: RawRepresentable, Hashable, Sendable {
  /// Four bits.
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue & 0xF }
  /// A question.
  public static let query = Opcode(rawValue: 0)
  /// A zone has changed (RFC 1996).
  public static let notify = Opcode(rawValue: 4)
  /// A change of a zone (RFC 2136).
  public static let update = Opcode(rawValue: 5)
}

/// The second word of the header (RFC 1035, section 4.1.1; RFC 4035, section 3).
public struct HeaderFlags: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }
  /// A standard query without recursion.
  public init() { rawValue = 0 }

  /// QR: a response, not a query.
  public var isResponse: Bool {
    get { has(0x8000) }
    set { set(0x8000, newValue) }
  }
  /// What kind of query.
  public var opcode: Opcode {
    get { Opcode(rawValue: UInt8(truncatingIfNeeded: rawValue >> 11)) }
    set { rawValue = rawValue & 0x87FF | UInt16(newValue.rawValue) << 11 }
  }
  /// AA: from who is responsible for the name.
  public var isAuthoritative: Bool {
    get { has(0x0400) }
    set { set(0x0400, newValue) }
  }
  /// TC: not all fitted.
  public var isTruncated: Bool {
    get { has(0x0200) }
    set { set(0x0200, newValue) }
  }
  /// RD: the server is asked to ask others.
  public var recursionDesired: Bool {
    get { has(0x0100) }
    set { set(0x0100, newValue) }
  }
  /// RA: the server asks others.
  public var recursionAvailable: Bool {
    get { has(0x0080) }
    set { set(0x0080, newValue) }
  }
  /// AD: the server has checked signatures.
  public var isAuthentic: Bool {
    get { has(0x0020) }
    set { set(0x0020, newValue) }
  }
  /// CD: the server need not check signatures.
  public var checkingDisabled: Bool {
    get { has(0x0010) }
    set { set(0x0010, newValue) }
  }
  /// The lower four bits of the response code.
  public var responseCode: ResponseCode {
    get { ResponseCode(rawValue: rawValue & 0xF) }
    set { rawValue = rawValue & 0xFFF0 | newValue.rawValue & 0xF }
  }

  private func has(_ bit: UInt16) -> Bool { rawValue & bit != 0 }
  private mutating func set(_ bit: UInt16, _ on: Bool) { rawValue = on ? rawValue | bit : rawValue & ~bit }

  /// The flags of our answer to a query: its opcode, RD and CD stay (RFC 1035, 4.1.1; RFC 4035, 3.2.2), RA is set.
  func answering(_ code: ResponseCode) -> HeaderFlags {
    HeaderFlags(rawValue: rawValue & 0x7910 | 0x8080 | code.rawValue & 0xF)
  }
}

/// The first four bytes of a message; the counts behind them follow from its sections.
public struct Header: Hashable, Sendable {
  /// Its own number for each query, which the response repeats.
  public var id: UInt16
  /// What the message is.
  public var flags: HeaderFlags

  public init(id: UInt16, flags: HeaderFlags = HeaderFlags()) {
    self.id = id
    self.flags = flags
  }

  /// Bytes of a header with its counts.
  static let size = 12
}
