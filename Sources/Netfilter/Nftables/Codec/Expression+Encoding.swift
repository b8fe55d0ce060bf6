import Netlink

extension Register {
  /// NFT_REG32_00 and up.
  var number: UInt32 { index + 8 }

  /// From either numbering: the kernel reports a register that begins one of the four old ones under its old number.
  init?(number: UInt32) {
    switch number {
    case 1...4: self.init((number - 1) * 4)
    case 8...23: self.init(number - 8)
    default: return nil
    }
  }
}

extension Expression {
  /// Writes NFTA_EXPR_NAME and NFTA_EXPR_DATA.
  func encode(into writer: inout MessageWriter) {
    writer.attribute(Nft.expressionName, string: kernelName)
    writer.nested(Nft.expressionData) { encodeData(into: &$0) }
  }

  /// The kernel's name of the kind of expression.
  var kernelName: String {
    switch self {
    case .payload, .setPayload: "payload"
    case .meta: "meta"
    case .connection: "ct"
    case .addressType: "fib"
    case .compare: "cmp"
    case .bitwise: "bitwise"
    case .lookup, .verdictMap: "lookup"
    case .load, .verdict: "immediate"
    case .translate: "nat"
    case .masquerade: "masq"
    case .redirect: "redir"
    case .counter: "counter"
    case .numberGenerator: "numgen"
    case .hash: "hash"
    case .foreign(let name): name
    }
  }

  private func encodeData(into w: inout MessageWriter) {
    switch self {
    case .payload(let base, let offset, let length, let register):
      w.attribute(1, bigEndian: register.number)
      w.attribute(2, bigEndian: base.rawValue)
      w.attribute(3, bigEndian: offset)
      w.attribute(4, bigEndian: length)
    case .setPayload(let base, let offset, let length, let register, let checksum):
      w.attribute(5, bigEndian: register.number)
      w.attribute(2, bigEndian: base.rawValue)
      w.attribute(3, bigEndian: offset)
      w.attribute(4, bigEndian: length)
      // NFT_PAYLOAD_CSUM_INET.
      w.attribute(6, bigEndian: UInt32(1))
      w.attribute(7, bigEndian: checksum)
      w.attribute(8, bigEndian: UInt32(0))
    case .meta(let key, let register):
      w.attribute(1, bigEndian: register.number)
      w.attribute(2, bigEndian: key.rawValue)
    case .connection(let key, let register):
      w.attribute(1, bigEndian: register.number)
      w.attribute(2, bigEndian: key.rawValue)
    case .addressType(let ofDestination, let register):
      // NFT_FIB_RESULT_ADDRTYPE of NFTA_FIB_F_DADDR or _SADDR.
      w.attribute(1, bigEndian: register.number)
      w.attribute(2, bigEndian: UInt32(3))
      w.attribute(3, bigEndian: UInt32(ofDestination ? 2 : 1))
    case .compare(let register, let comparison, let value):
      w.attribute(1, bigEndian: register.number)
      w.attribute(2, bigEndian: comparison.rawValue)
      w.value(3, value)
    case .bitwise(let from, let into, let mask, let xor):
      w.attribute(1, bigEndian: from.number)
      w.attribute(2, bigEndian: into.number)
      w.attribute(3, bigEndian: UInt32(mask.count))
      w.value(4, mask)
      w.value(5, xor)
    case .lookup(let set, let from, let inverted, let into):
      w.attribute(1, string: set)
      w.attribute(2, bigEndian: from.number)
      if let into { w.attribute(3, bigEndian: into.number) }
      if inverted { w.attribute(5, bigEndian: UInt32(1)) }
    case .verdictMap(let set, let from):
      w.attribute(1, string: set)
      w.attribute(2, bigEndian: from.number)
      w.attribute(3, bigEndian: UInt32(0))
    case .load(let bytes, let register):
      w.attribute(1, bigEndian: register.number)
      w.value(2, bytes)
    case .verdict(let verdict):
      w.attribute(1, bigEndian: UInt32(0))
      w.verdict(2, verdict)
    case .translate(let translation):
      w.attribute(1, bigEndian: translation.kind.rawValue)
      w.attribute(2, bigEndian: UInt32(translation.family == .ipv6 ? 10 : 2))
      w.attribute(3, bigEndian: translation.address.number)
      if let port = translation.port { w.attribute(5, bigEndian: port.number) }
    case .masquerade, .counter, .foreign: break
    case .redirect(let port): w.attribute(1, bigEndian: port.number)
    case .numberGenerator(let random, let modulus, let offset, let register):
      w.attribute(1, bigEndian: register.number)
      w.attribute(2, bigEndian: modulus)
      w.attribute(3, bigEndian: UInt32(random ? 1 : 0))
      w.attribute(4, bigEndian: offset)
    case .hash(let from, let length, let into, let modulus, let seed, let offset):
      w.attribute(1, bigEndian: from.number)
      w.attribute(2, bigEndian: into.number)
      w.attribute(3, bigEndian: length)
      w.attribute(4, bigEndian: modulus)
      w.attribute(5, bigEndian: seed)
      w.attribute(6, bigEndian: offset)
      // NFT_HASH_JENKINS.
      w.attribute(7, bigEndian: UInt32(0))
    }
  }
}
