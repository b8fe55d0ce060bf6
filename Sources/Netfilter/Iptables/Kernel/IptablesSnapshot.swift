extension Iptables {
  /// A rule as a program printed it.
  public struct SavedRule: Sendable, Hashable {
    /// Without its chain; what deletes it again.
    public let text: String
    public let comment: String
    /// Where the packet goes; empty without a target.
    public let target: String
    /// What the rule says, however it is spelt: the programs' kinds and versions print conditions in different orders.
    public let meaning: [String]

    /// - Parameter text: without `-A CHAIN`.
    public init(_ text: String) {
      self.text = text
      var options: [String] = []
      var comment = ""
      var target = ""
      var negation = ""
      let words = Iptables.words(text)
      var index = 0
      while index < words.count {
        let word = words[index]
        index += 1
        if word == "!" {
          negation = "! "
          continue
        }
        guard word.hasPrefix("-") else { continue }
        var values: [String] = []
        // A comment may look like an option.
        while index < words.count, word == "--comment" && values.isEmpty || !Self.startsOption(words[index]) {
          values.append(words[index])
          index += 1
        }
        let value = Self.plain(values.joined(separator: " "), of: word)
        switch word {
        case "--comment": comment = value
        case "-j", "-g": target = value
        default: break
        }
        // `-m NAME` only says where the next options are from, and is left out where the kernel does it itself.
        if word != "-m" { options.append("\(negation)\(word) \(value)") }
        negation = ""
      }
      self.comment = comment
      self.target = target
      meaning = options.sorted()
    }

    private static func startsOption(_ word: String) -> Bool { word == "!" || (word.hasPrefix("-") && word.count > 1) }

    private static func plain(_ value: String, of option: String) -> String {
      switch option {
      case "-s", "-d":
        for whole in ["/32", "/128"] where value.hasSuffix(whole) && value.contains(":") == (whole == "/128") {
          return String(value.dropLast(whole.count))
        }
        return value
      case "--ctstate": return value.split(separator: ",").sorted().joined(separator: ",")
      default: return value
      }
    }
  }

  /// What the tables of one family held at one moment.
  public struct Snapshot: Sendable, Hashable {
    /// The chains of each table that is there, with their rules.
    public private(set) var tables: [TableName: [String: [SavedRule]]] = [:]
    /// What becomes of packets that no rule of a built-in chain decides about (`ACCEPT`, `DROP`).
    public private(set) var policies: [TableName: [String: String]] = [:]

    /// Reads what `iptables-save` printed; tables and lines that it does not know are somebody else's.
    public init(_ text: String) {
      var table: TableName?
      for line in text.split(separator: "\n") {
        switch line.first {
        case "*":
          table = TableName(rawValue: String(line.dropFirst()))
          if let table { tables[table] = tables[table] ?? [:] }
        case ":":
          let words = line.dropFirst().split(separator: " ").map { String($0) }
          guard let table, let name = words.first else { continue }
          tables[table]?[name] = []
          if words.count > 1, words[1] != "-" { policies[table, default: [:]][name] = words[1] }
        case "-":
          let parts = line.split(separator: " ", maxSplits: 2)
          guard let table, parts.count >= 2, parts[0] == "-A" else { continue }
          tables[table]?[String(parts[1]), default: []].append(SavedRule(parts.count > 2 ? String(parts[2]) : ""))
        default: break
        }
      }
    }

    /// The rules of a chain; nil where there is none.
    public func rules(_ table: TableName, _ chain: String) -> [SavedRule]? { tables[table]?[chain] }
  }
}

extension Iptables.Rule {
  /// What the rule says, to compare with a rule that was read.
  public var meaning: [String] { Iptables.SavedRule(text).meaning }
}
