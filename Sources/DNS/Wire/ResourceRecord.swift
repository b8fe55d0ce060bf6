import Addressing

/// A record (RFC 1035, section 4.1.3).
public struct ResourceRecord: Hashable, Sendable {
  /// Whose record it is.
  public var name: DomainName
  /// In which class. For OPT: the payload size (see `EDNS`).
  public var recordClass: RecordClass
  /// Seconds for which it may be kept. For OPT: code, version and flags (see `EDNS`).
  public var timeToLive: UInt32
  /// What it says, and so of which type it is.
  public var data: RecordData

  public init(
    _ name: DomainName, timeToLive: UInt32, recordClass: RecordClass = .internet, _ data: RecordData
  ) {
    self.name = name
    self.recordClass = recordClass
    self.timeToLive = timeToLive
    self.data = data
  }

  /// The record of an address: A or AAAA.
  public init(_ name: DomainName, timeToLive: UInt32, address: IPAddress) {
    switch address {
    case .v4(let address): self.init(name, timeToLive: timeToLive, .a(address))
    case .v6(let address): self.init(name, timeToLive: timeToLive, .aaaa(address))
    }
  }

  /// Its type.
  public var type: RecordType { data.type }
}

/// What a record says.
public enum RecordData: Hashable, Sendable {
  /// RFC 1035, section 3.4.1.
  case a(IPv4Address)
  /// RFC 3596, section 2.2.
  case aaaa(IPv6Address)
  /// RFC 1035, section 3.3.12.
  case ptr(DomainName)
  /// RFC 1035, section 3.3.1.
  case cname(DomainName)
  /// RFC 1035, section 3.3.11.
  case ns(DomainName)
  /// RFC 1035, section 3.3.13.
  case soa(StartOfAuthority)
  /// RFC 1035, section 3.3.9.
  case mx(preference: UInt16, exchange: DomainName)
  /// RFC 2782.
  case srv(priority: UInt16, weight: UInt16, port: Port, target: DomainName)
  /// RFC 1035, section 3.3.14: strings of at most 255 bytes.
  case txt([[UInt8]])
  /// RFC 6891, section 6.1.2.
  case opt([EDNS.Option])
  /// Any other type: its bytes as they are (RFC 3597).
  case unknown(RecordType, [UInt8])

  /// The type of records that say this.
  public var type: RecordType {
    switch self {
    case .a: .a
    case .aaaa: .aaaa
    case .ptr: .ptr
    case .cname: .cname
    case .ns: .ns
    case .soa: .soa
    case .mx: .mx
    case .srv: .srv
    case .txt: .txt
    case .opt: .opt
    case .unknown(let type, _): type
    }
  }
}

/// The start of a zone (RFC 1035, section 3.3.13).
public struct StartOfAuthority: Hashable, Sendable {
  /// The first of its name servers.
  public var server: DomainName
  /// The mailbox of who is responsible, its `@` written as a dot.
  public var mailbox: DomainName
  /// The zone's version.
  public var serial: UInt32
  /// Seconds until a secondary looks again.
  public var refresh: UInt32
  /// Seconds until it tries again after a failure.
  public var retry: UInt32
  /// Seconds after which it gives up.
  public var expire: UInt32
  /// Seconds for which the absence of a name may be kept (RFC 2308).
  public var minimum: UInt32

  public init(
    server: DomainName, mailbox: DomainName, serial: UInt32, refresh: UInt32, retry: UInt32, expire: UInt32,
    minimum: UInt32
  ) {
    self.server = server
    self.mailbox = mailbox
    self.serial = serial
    self.refresh = refresh
    self.retry = retry
    self.expire = expire
    self.minimum = minimum
  }
}
