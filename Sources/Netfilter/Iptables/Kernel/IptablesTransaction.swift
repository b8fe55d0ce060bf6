import Addressing

extension Iptables {
  /// Changes of one family's tables, for one run of iptables-restore. The kernel makes the changes of each table as
  /// one, and those of one table after those of another.
  public struct Transaction: Sendable, Hashable {
    public let family: IPFamily
    /// Whether it takes away: then what leads to containers goes before what protects them.
    public var isRemoval = false
    private var declarations: [TableName: [String]] = [:]
    private var changes: [TableName: [String]] = [:]

    public init(_ family: IPFamily) { self.family = family }

    public var isEmpty: Bool { declarations.isEmpty && changes.isEmpty }

    /// Makes a chain. Where there is one already the transaction is refused, while iptables-save's way of writing it
    /// (`:NAME - [0:0]`) would empty it: somebody may have come first, with rules in it.
    public mutating func make(_ chain: String, in table: TableName) {
      declarations[table, default: []].append("-N \(chain)")
    }

    public mutating func append(_ rule: Rule, to chain: String, in table: TableName) {
      changes[table, default: []].append("-A \(chain) \(rule.text)")
    }

    public mutating func insert(_ rule: Rule, at start: String, in table: TableName) {
      changes[table, default: []].append("-I \(start) \(rule.text)")
    }

    public mutating func delete(_ rule: Rule, from chain: String, in table: TableName) {
      changes[table, default: []].append("-D \(chain) \(rule.text)")
    }

    public mutating func delete(_ rule: SavedRule, from chain: String, in table: TableName) {
      changes[table, default: []].append("-D \(chain) \(rule.text)")
    }

    public mutating func flush(_ chain: String, in table: TableName) {
      changes[table, default: []].append("-F \(chain)")
    }

    /// Deletes a chain that is empty and that nothing leads to.
    public mutating func delete(_ chain: String, in table: TableName) {
      changes[table, default: []].append("-X \(chain)")
    }

    /// What iptables-restore reads.
    public var text: String {
      var lines: [String] = []
      for table in isRemoval ? TableName.allCases.reversed() : TableName.allCases {
        let content = declarations[table, default: []] + changes[table, default: []]
        if !content.isEmpty { lines += ["*\(table.rawValue)"] + content + ["COMMIT"] }
      }
      return lines.map { $0 + "\n" }.joined()
    }
  }
}
