extension Rule {
  /// The rule in nft's language.
  public var text: String {
    var renderer = RuleRenderer()
    for expression in expressions { renderer.add(expression) }
    if !key.isEmpty { renderer.words.append("comment \"\(key)\"") }
    return renderer.words.joined(separator: " ")
  }
}

/// Follows what lies in the registers as words, and writes a statement where an expression uses them.
private struct RuleRenderer {
  /// What a register holds.
  private struct Term {
    var words: String
    var kind: Kind
    /// Prefix length or mask of a bitwise expression.
    var mask: [UInt8]?
  }
  private enum Kind {
    case datum(DataType)
    case family, state, status, addressType, mark
    case data(set: String, isAddress6: Bool)
    case number
  }
  private var registers: [(register: Register, term: Term)] = []
  var words: [String] = []

  mutating func add(_ expression: Expression) {
    switch expression {
    case .payload(let base, let offset, let length, let into): set(into, Self.payload(base, offset, length))
    case .setPayload(let base, let offset, let length, let from, _):
      words.append("\(Self.payload(base, offset, length).words) set \(term(from)?.words ?? "?")")
    case .meta(let key, let into): set(into, Self.meta(key))
    case .connection(let key, let into):
      set(into, Term(words: "ct \(key)", kind: key == .state ? .state : key == .status ? .status : .mark))
    case .addressType(let ofDestination, let into):
      set(into, Term(words: "fib \(ofDestination ? "daddr" : "saddr") type", kind: .addressType))
    case .bitwise(let from, let into, let mask, _):
      guard var term = term(from) else { return }
      term.mask = mask
      set(into, term)
    case .compare(let from, let comparison, let value): compare(from, comparison, value)
    case .lookup(let name, let from, let inverted, let into):
      let key = concatenation(from: from, before: into)
      if let into {
        // The words of a map wait in the first register of its data for the statement that uses them.
        set(into, Term(words: "\(key) map @\(name)", kind: .data(set: name, isAddress6: false)))
      } else {
        words.append("\(key) \(inverted ? "!= " : "")@\(name)")
      }
    case .verdictMap(let name, let from): words.append("\(concatenation(from: from, before: nil)) vmap @\(name)")
    case .load(let bytes, let into): set(into, Term(words: Self.hex(bytes), kind: .number))
    case .verdict(let verdict): words.append(verdict.text)
    case .translate(let translation):
      let target = term(translation.address)?.words ?? "?"
      let verb = translation.kind == .destination ? "dnat" : "snat"
      words.append("\(verb) \(translation.family.keyword) to \(target)")
    case .masquerade: words.append("masquerade")
    case .redirect(let port): words.append("redirect to :\(term(port)?.words ?? "?")")
    case .counter: words.append("counter")
    case .numberGenerator(let random, let modulus, let offset, let into):
      let text = "numgen \(random ? "random" : "inc") mod \(modulus)" + (offset > 0 ? " offset \(offset)" : "")
      set(into, Term(words: text, kind: .number))
    case .hash(let from, _, let into, let modulus, let seed, let offset):
      var text = "jhash \(concatenation(from: from, before: nil)) mod \(modulus)"
      if seed > 0 { text += " seed \(Self.hex(Match.hostOrder(seed).reversed()))" }
      if offset > 0 { text += " offset \(offset)" }
      set(into, Term(words: text, kind: .number))
    case .foreign(let name): words.append("# \(name)")
    }
  }

  private mutating func set(_ register: Register, _ term: Term) {
    registers.removeAll { $0.register == register }
    registers.append((register, term))
  }

  private func term(_ register: Register) -> Term? { registers.last { $0.register == register }?.term }

  /// The fields that were loaded from `from` on, each right behind the one before.
  private func concatenation(from: Register, before end: Register?) -> String {
    var words: [String] = []
    var register = from
    while let term = term(register), register != end {
      guard case .datum(let type) = term.kind else {
        words.append(term.words)
        break
      }
      words.append(term.words)
      register = register.advanced(byBytes: type.size)
    }
    return words.joined(separator: " . ")
  }

  private mutating func compare(_ from: Register, _ comparison: Comparison, _ value: [UInt8]) {
    guard let term = term(from) else { return }
    let sign =
      switch comparison {
      case .equal: ""
      case .notEqual: "!= "
      case .less: "< "
      case .lessOrEqual: "<= "
      case .greater: "> "
      case .greaterOrEqual: ">= "
      }
    switch term.kind {
    case .state, .status:
      // Any of the bits: masked and not zero.
      let names: [(UInt32, String)]
      if case .state = term.kind {
        names = [(1, "invalid"), (2, "established"), (4, "related"), (8, "new"), (64, "untracked")]
      } else {
        names = [(2, "seen-reply"), (4, "assured"), (8, "confirmed"), (16, "snat"), (32, "dnat")]
      }
      let bits = Self.number(term.mask ?? value)
      words.append("\(term.words) \(names.filter { bits & $0.0 != 0 }.map(\.1).joined(separator: ","))")
    case .family: words.append("\(term.words) \(sign)\(value == [10] ? "ipv6" : "ipv4")")
    case .addressType:
      let names = [1: "unicast", 2: "local", 3: "broadcast", 5: "multicast"]
      words.append("\(term.words) \(sign)\(names[Int(Self.number(value))] ?? Self.hex(value))")
    case .datum(let type):
      guard value.count == type.size else { return words.append("\(term.words) \(sign)\(Self.hex(value))") }
      var text = Datum(type, value).description
      if let mask = term.mask { text += "/\(mask.reduce(0) { $0 + $1.nonzeroBitCount })" }
      words.append("\(term.words) \(sign)\(text)")
    case .mark, .data, .number: words.append("\(term.words) \(sign)\(Self.hex(value))")
    }
    // A comparison is done with its register: what follows begins anew.
    registers.removeAll { $0.register == from }
  }

  private static func payload(_ base: PayloadBase, _ offset: UInt32, _ length: UInt32) -> Term {
    switch (base, offset, length) {
    case (.network, 12, 4): Term(words: "ip saddr", kind: .datum(.ipv4Address))
    case (.network, 16, 4): Term(words: "ip daddr", kind: .datum(.ipv4Address))
    case (.network, 8, 16): Term(words: "ip6 saddr", kind: .datum(.ipv6Address))
    case (.network, 24, 16): Term(words: "ip6 daddr", kind: .datum(.ipv6Address))
    case (.transport, 0, 2): Term(words: "th sport", kind: .datum(.port))
    case (.transport, 2, 2): Term(words: "th dport", kind: .datum(.port))
    default:
      Term(
        words: "@\(base == .link ? "ll" : base == .network ? "nh" : "th"),\(offset * 8),\(length * 8)", kind: .number)
    }
  }

  private static func meta(_ key: MetaKey) -> Term {
    switch key {
    case .mark: Term(words: "meta mark", kind: .mark)
    case .inputInterface: Term(words: "iif", kind: .number)
    case .outputInterface: Term(words: "oif", kind: .number)
    case .inputName: Term(words: "iifname", kind: .datum(.interfaceName))
    case .outputName: Term(words: "oifname", kind: .datum(.interfaceName))
    case .networkProtocol: Term(words: "meta nfproto", kind: .family)
    case .transportProtocol: Term(words: "meta l4proto", kind: .datum(.protocol))
    }
  }

  /// A number that lies in memory as the host has it.
  private static func number(_ bytes: [UInt8]) -> UInt32 {
    UInt32(littleEndian: bytes.prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) })
  }

  private static func hex(_ bytes: some Sequence<UInt8>) -> String {
    "0x" + bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}
