/// One of the kernel's sixteen four-byte registers (`NFT_REG32_00`…15). Wider values take several in a row, and the
/// fields of a concatenation follow each other, each starting on a register of its own.
public struct Register: Sendable, Hashable {
  public let index: UInt32
  public init(_ index: UInt32) { self.index = index }

  /// The register `bytes` further on, rounded up to whole registers.
  public func advanced(byBytes bytes: Int) -> Register { Register(index + UInt32((bytes + 3) / 4)) }
}

/// What a rule decides (`NFT_*`, `NF_*` of linux/netfilter/nf_tables.h).
public enum Verdict: Sendable, Hashable {
  case accept, drop
  case `return`
  case `continue`
  case jump(String)
  case goto(String)

  var code: Int32 {
    switch self {
    case .accept: 1
    case .drop: 0
    case .return: -5
    case .continue: -1
    case .jump: -3
    case .goto: -4
    }
  }

  var chain: String? {
    switch self {
    case .jump(let chain), .goto(let chain): chain
    default: nil
    }
  }
}

/// Facts about a packet that are not in its bytes (`NFT_META_*`).
public enum MetaKey: UInt32, Sendable, Hashable {
  case mark = 3
  case inputInterface = 4
  case outputInterface = 5
  case inputName = 6
  case outputName = 7
  case networkProtocol = 15
  case transportProtocol = 16

  /// Bytes that the value takes in registers.
  var size: Int {
    switch self {
    case .inputName, .outputName: 16
    case .networkProtocol, .transportProtocol: 1
    default: 4
    }
  }
}

/// Facts that connection tracking knows (`NFT_CT_*`).
public enum ConnectionKey: UInt32, Sendable, Hashable {
  case state = 0
  case status = 2
  case mark = 3
}

/// Where payload bytes are counted from (`NFT_PAYLOAD_*`).
public enum PayloadBase: UInt32, Sendable, Hashable {
  case link = 0
  case network = 1
  case transport = 2
}

/// Comparisons of `NFT_CMP_*`.
public enum Comparison: UInt32, Sendable, Hashable {
  case equal = 0
  case notEqual = 1
  case less = 2
  case lessOrEqual = 3
  case greater = 4
  case greaterOrEqual = 5
}

/// Addresses and ports that network address translation writes: the register of the lowest (and only) one.
public struct Translation: Sendable, Hashable {
  public enum Kind: UInt32, Sendable, Hashable {
    case source = 0
    case destination = 1
  }
  public var kind: Kind
  /// `.ipv4` or `.ipv6`, whatever the table's family.
  public var family: Family
  public var address: Register
  public var port: Register?

  public init(_ kind: Kind, _ family: Family, address: Register, port: Register? = nil) {
    self.kind = kind
    self.family = family
    self.address = address
    self.port = port
  }
}

/// The kernel's own building blocks of rules (linux/netfilter/nf_tables.h), named as `nft --debug=netlink` names them.
public enum Expression: Sendable, Hashable {
  case payload(PayloadBase, offset: UInt32, length: UInt32, into: Register)
  /// Writes bytes of a register into the packet. `checksum` is where the transport header has its checksum, which is
  /// brought up to date for bytes that are not part of its pseudo header, as ports are not.
  case setPayload(PayloadBase, offset: UInt32, length: UInt32, from: Register, checksum: UInt32)
  case meta(MetaKey, into: Register)
  case connection(ConnectionKey, into: Register)
  /// The type of the destination or source address as the routing table sees it (`RTN_*`).
  case addressType(ofDestination: Bool, into: Register)
  case compare(Register, Comparison, [UInt8])
  case bitwise(from: Register, into: Register, mask: [UInt8], xor: [UInt8])
  /// Whether the set holds the value; with a register for the data, what the map gives for it.
  case lookup(set: String, from: Register, inverted: Bool, into: Register?)
  /// A verdict map decides.
  case verdictMap(set: String, from: Register)
  case load([UInt8], into: Register)
  case verdict(Verdict)
  case translate(Translation)
  case masquerade
  /// Redirects to the port in the register on this host.
  case redirect(port: Register)
  case counter
  /// A number from a sequence or at random, below `modulus`, plus `offset` (`NFT_NG_*`).
  case numberGenerator(random: Bool, modulus: UInt32, offset: UInt32, into: Register)
  /// Jenkins hash of `length` bytes, modulo and plus (`NFT_HASH_JENKINS`).
  case hash(from: Register, length: UInt32, into: Register, modulus: UInt32, seed: UInt32, offset: UInt32)
  /// Something that other software put there and that we only need to recognise as not ours.
  case foreign(String)
}
