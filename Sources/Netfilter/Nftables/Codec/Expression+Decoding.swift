import Netlink

extension Expression {
  /// Reads one NFTA_LIST_ELEM. What we do not know becomes `.foreign` with the kernel's name, which equals nothing that
  /// we would write.
  init(_ element: Attribute) throws(NetlinkError) {
    let parts = try element.nested()
    let name = parts[Nft.expressionName]?.string ?? ""
    guard let data = try parts[Nft.expressionData]?.nested() else {
      self = .foreign(name)
      return
    }
    self = try Self.decode(name, data) ?? .foreign(name)
  }

  private static func decode(_ name: String, _ data: Attributes) throws(NetlinkError) -> Expression? {
    func number(_ type: AttributeType) -> UInt32? { data[type]?.u32BigEndian }
    func register(_ type: AttributeType) -> Register? { number(type).flatMap { Register(number: $0) } }
    func value(_ type: AttributeType) throws(NetlinkError) -> [UInt8]? {
      try data[type]?.nested()[Nft.dataValue]?.bytes
    }
    switch name {
    case "payload":
      guard let base = number(2).flatMap({ PayloadBase(rawValue: $0) }), let offset = number(3), let length = number(4)
      else { return nil }
      if let into = register(1) { return .payload(base, offset: offset, length: length, into: into) }
      guard let from = register(5), number(6) == 1, number(8) ?? 0 == 0, let checksum = number(7) else { return nil }
      return .setPayload(base, offset: offset, length: length, from: from, checksum: checksum)
    case "meta":
      guard let into = register(1), let key = number(2).flatMap({ MetaKey(rawValue: $0) }) else { return nil }
      return .meta(key, into: into)
    case "ct":
      guard data[3] == nil, let into = register(1), let key = number(2).flatMap({ ConnectionKey(rawValue: $0) }) else {
        return nil
      }
      return .connection(key, into: into)
    case "fib":
      guard let into = register(1), number(2) == 3, let flags = number(3), flags == 1 || flags == 2 else { return nil }
      return .addressType(ofDestination: flags == 2, into: into)
    case "cmp":
      guard let from = register(1), let operation = number(2).flatMap({ Comparison(rawValue: $0) }),
        let bytes = try value(3)
      else { return nil }
      return .compare(from, operation, bytes)
    case "bitwise":
      guard number(6) ?? 0 == 0, let from = register(1), let into = register(2), let mask = try value(4),
        let xor = try value(5)
      else { return nil }
      return .bitwise(from: from, into: into, mask: mask, xor: xor)
    case "lookup":
      guard let set = data[1]?.string, let from = register(2) else { return nil }
      if number(3) == 0 { return .verdictMap(set: set, from: from) }
      return .lookup(set: set, from: from, inverted: (number(5) ?? 0) & 1 == 1, into: register(3))
    case "immediate":
      guard let target = number(1), let content = data[2] else { return nil }
      if target == 0 { return try Verdict(content).map { .verdict($0) } }
      guard let into = Register(number: target), let bytes = try value(2) else { return nil }
      return .load(bytes, into: into)
    case "nat":
      guard let kind = number(1).flatMap({ Translation.Kind(rawValue: $0) }), let family = number(2),
        let address = register(3)
      else { return nil }
      return .translate(Translation(kind, family == 10 ? .ipv6 : .ipv4, address: address, port: register(5)))
    case "masq": return data[2] == nil ? .masquerade : nil
    case "redir": return register(1).map { .redirect(port: $0) }
    case "counter": return .counter
    case "numgen":
      guard let into = register(1), let modulus = number(2), let kind = number(3) else { return nil }
      return .numberGenerator(random: kind == 1, modulus: modulus, offset: number(4) ?? 0, into: into)
    case "hash":
      guard number(7) ?? 0 == 0, let from = register(1), let into = register(2), let length = number(3),
        let modulus = number(4)
      else { return nil }
      return .hash(
        from: from, length: length, into: into, modulus: modulus, seed: number(5) ?? 0, offset: number(6) ?? 0)
    default: return nil
    }
  }
}
