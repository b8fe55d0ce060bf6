import Addressing

/// Walks a virtual packet through the rules of a table as the kernel would: the same registers, the same order. What a
/// walk passes is written down, so that a person can be told why a packet went where it went.
public struct RuleWalk: Sendable {
  /// One rule that a packet matched.
  public struct Step: Sendable, Hashable, CustomStringConvertible {
    public let chain: String
    public let rule: String
    public let outcome: String
    public var description: String { "\(chain): \(rule) -> \(outcome)" }
  }

  /// Where a hook sees a packet.
  public struct Place: Sendable {
    public var hook: Hook
    public var input: String?
    public var output: String?
    public init(_ hook: Hook, input: String? = nil, output: String? = nil) {
      self.hook = hook
      self.input = input
      self.output = output
    }
  }

  private let table: Table
  /// Whether an address is the host's own.
  private let isLocal: @Sendable (IPAddress) -> Bool

  public init(_ table: Table, isLocal: @escaping @Sendable (IPAddress) -> Bool) {
    self.table = table
    self.isLocal = isLocal
  }

  /// Runs all base chains of a hook, in the order of their priorities.
  /// - Returns: whether the packet goes on. It is changed as the rules say.
  public func run(_ place: Place, _ packet: inout VirtualPacket, _ steps: inout [Step]) -> Bool {
    let chains = table.chains.filter { $0.base?.hook == place.hook }
      .sorted { ($0.base?.priority.value ?? 0) < ($1.base?.priority.value ?? 0) }
    for chain in chains {
      // Only the first packet of a connection comes to the nat chains.
      if chain.base?.type == .nat && packet.isReply { continue }
      let verdict = run(chain, place, &packet, &steps, depth: 0) ?? (chain.base?.accepts == false ? .drop : .accept)
      if verdict == .drop { return false }
    }
    return true
  }

  private func run(
    _ chain: Chain, _ place: Place, _ packet: inout VirtualPacket, _ steps: inout [Step], depth: Int
  ) -> Verdict? {
    for rule in chain.rules {
      var registers = [UInt8](repeating: 0, count: 64)
      guard let verdict = evaluate(rule, place, &packet, &registers) else { continue }
      steps.append(Step(chain: chain.name, rule: rule.key, outcome: verdict.text))
      switch verdict {
      case .accept, .drop: return verdict
      case .return: return nil
      case .continue: continue
      case .jump(let name), .goto(let name):
        guard depth < 16, let next = table.chain(name) else { return .drop }
        if let result = run(next, place, &packet, &steps, depth: depth + 1) { return result }
        if case .goto = verdict { return nil }
      }
    }
    return nil
  }

  /// Nil where the rule does not match.
  private func evaluate(
    _ rule: Rule, _ place: Place, _ packet: inout VirtualPacket, _ registers: inout [UInt8]
  ) -> Verdict? {
    var verdict = Verdict.continue
    for expression in rule.expressions {
      switch expression {
      case .payload(let base, let offset, let length, let into):
        let bytes =
          base == .network
          ? packet.networkHeader(Int(offset), Int(length)) : packet.transportHeader(Int(offset), Int(length))
        guard base != .link, let bytes else { return nil }
        store(bytes, into, &registers)
      case .setPayload(let base, let offset, let length, let from, _):
        let bytes = load(from, Int(length), registers)
        guard base == .transport, packet.setTransportHeader(Int(offset), bytes) else { return nil }
      case .meta(let key, let into):
        guard let bytes = meta(key, place, packet) else { return nil }
        store(bytes, into, &registers)
      case .connection(let key, let into):
        let value: UInt32 =
          switch key {
          case .state: packet.isReply ? 2 : 8
          case .status: packet.isDestinationTranslated ? 0x20 : 0
          case .mark: 0
          }
        store(Match.hostOrder(value), into, &registers)
      case .addressType(let ofDestination, let into):
        let local = isLocal(ofDestination ? packet.destination : packet.source)
        store(Match.hostOrder(local ? 2 : 1), into, &registers)
      case .compare(let from, let comparison, let value):
        let actual = load(from, value.count, registers)
        guard Self.holds(actual, comparison, value) else { return nil }
      case .bitwise(let from, let into, let mask, let xor):
        let actual = load(from, mask.count, registers)
        store(mask.indices.map { actual[$0] & mask[$0] ^ xor[$0] }, into, &registers)
      case .lookup(let name, let from, let inverted, let into):
        // Of a set that could not be read nothing is known.
        guard table.set(name) != nil else { return nil }
        let element = find(name, from, registers)
        guard (element == nil) == inverted else { return nil }
        if let into, case .data(let data)? = element?.value { store(data.flatMap(\.padded), into, &registers) }
      case .verdictMap(let name, let from):
        guard case .verdict(let found)? = find(name, from, registers)?.value else { return nil }
        verdict = found
      case .load(let bytes, let into): store(bytes, into, &registers)
      case .verdict(let own): verdict = own
      case .translate(let translation):
        guard translate(translation, &packet, registers) else { return nil }
        verdict = .accept
      case .masquerade:
        packet.isMasqueraded = true
        verdict = .accept
      case .redirect: verdict = .accept
      case .counter: break
      case .numberGenerator(_, _, let offset, let into), .hash(_, _, let into, _, _, let offset):
        // The first choice, always: a walk must give the same answer each time.
        store(Match.hostOrder(offset), into, &registers)
      case .foreign("reject"): verdict = .drop
      case .foreign: return nil
      }
    }
    return verdict
  }

  private func meta(_ key: MetaKey, _ place: Place, _ packet: VirtualPacket) -> [UInt8]? {
    switch key {
    case .inputName: place.input.map { Datum.interfaceBytes($0) }
    case .outputName: place.output.map { Datum.interfaceBytes($0) }
    case .networkProtocol: [packet.destination.family == .v4 ? Family.ipv4.rawValue : Family.ipv6.rawValue]
    case .transportProtocol: [packet.transport.number]
    case .mark: [0, 0, 0, 0]
    case .inputInterface, .outputInterface: nil
    }
  }

  private func find(_ name: String, _ from: Register, _ registers: [UInt8]) -> Element? {
    guard let set = table.set(name) else { return nil }
    var key: [Datum] = []
    var register = from
    for type in set.key {
      key.append(Datum(type, load(register, type.size, registers)))
      register = register.advanced(byBytes: type.size)
    }
    return set.elements.first { element in
      guard let end = element.end else { return element.key == key }
      return key.indices.allSatisfy { element.key[$0] <= key[$0] && key[$0] <= end[$0] }
    }
  }

  private func translate(
    _ translation: Translation, _ packet: inout VirtualPacket, _ registers: [UInt8]
  ) -> Bool {
    let bytes = load(translation.address, translation.family == .ipv6 ? 16 : 4, registers)
    guard let address = IPAddress(bytes: bytes), address.family == packet.destination.family else { return false }
    let port = translation.port.map { register in
      let bytes = load(register, 2, registers)
      return Port(UInt16(bytes[0]) << 8 | UInt16(bytes[1]))
    }
    switch translation.kind {
    case .destination:
      packet.destination = address
      if let port { packet.destinationPort = port }
      packet.isDestinationTranslated = true
    case .source:
      packet.source = address
      if let port { packet.sourcePort = port }
    }
    return true
  }

  private func store(_ bytes: [UInt8], _ register: Register, _ registers: inout [UInt8]) {
    let start = Int(register.index) * 4
    for (index, byte) in bytes.enumerated() where start + index < registers.count { registers[start + index] = byte }
  }

  private func load(_ register: Register, _ count: Int, _ registers: [UInt8]) -> [UInt8] {
    let start = Int(register.index) * 4
    return (start..<(start + count)).map { $0 < registers.count ? registers[$0] : 0 }
  }

  private static func holds(_ actual: [UInt8], _ comparison: Comparison, _ value: [UInt8]) -> Bool {
    switch comparison {
    case .equal: actual == value
    case .notEqual: actual != value
    case .less: actual.lexicographicallyPrecedes(value)
    case .lessOrEqual: !value.lexicographicallyPrecedes(actual)
    case .greater: value.lexicographicallyPrecedes(actual)
    case .greaterOrEqual: !actual.lexicographicallyPrecedes(value)
    }
  }
}
