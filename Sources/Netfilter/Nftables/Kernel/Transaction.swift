import Netlink

/// Changes that the kernel makes all at once or not at all. Packets see the state before or after, nothing between.
public struct Transaction: Sendable {
  var requests: [NetlinkRequest] = []
  private var nextSetID: UInt32 = 1

  public init() {}

  public var isEmpty: Bool { requests.isEmpty }
  /// How many messages it has.
  public var count: Int { requests.count }

  /// Where a rule goes.
  public enum RulePosition: Sendable, Hashable {
    case first, last
    /// Behind the rule with this handle.
    case after(UInt64)
  }

  /// Adds the table; one that is there stays as it is.
  public mutating func add(_ table: TableName) {
    append(.newTable, .create, table.family, "add table \(table)") { $0.attribute(Nft.tableName, string: table.name) }
  }

  /// Deletes the table with all that it holds; fails where there is none.
  public mutating func delete(_ table: TableName) {
    append(.deleteTable, [], table.family, "delete table \(table)") {
      $0.attribute(Nft.tableName, string: table.name)
    }
  }

  /// Adds a table with everything in it: sets and chains first, because rules name them.
  public mutating func add(_ table: Table) {
    add(table.name)
    for set in table.sets { add(set, to: table.name) }
    for chain in table.chains { addEmpty(chain, to: table.name) }
    for set in table.sets { add(set.elements.sorted(), to: set, in: table.name) }
    for chain in table.chains {
      for rule in chain.rules { add(rule, to: chain.name, in: table.name) }
    }
  }

  /// Adds a chain without its rules. For a base chain that is there, only the policy may differ.
  public mutating func addEmpty(_ chain: Chain, to table: TableName) {
    append(.newChain, .create, table.family, "add chain \(table) \(chain.name)") { w in
      w.attribute(Nft.chainTable, string: table.name)
      w.attribute(Nft.chainName, string: chain.name)
      guard let base = chain.base else { return }
      w.nested(Nft.chainHook) {
        $0.attribute(Nft.hookNumber, bigEndian: base.hook.rawValue)
        $0.attribute(Nft.hookPriority, bigEndian: base.priority.value)
      }
      w.attribute(Nft.chainPolicy, bigEndian: UInt32(base.accepts ? 1 : 0))
      w.attribute(Nft.chainType, string: base.type.rawValue)
    }
  }

  /// Deletes an empty chain that nothing jumps to.
  public mutating func deleteChain(_ chain: String, in table: TableName) {
    append(.deleteChain, [], table.family, "delete chain \(table) \(chain)") {
      $0.attribute(Nft.chainTable, string: table.name)
      $0.attribute(Nft.chainName, string: chain)
    }
  }

  public mutating func add(
    _ rule: Rule, to chain: String, in table: TableName, _ position: RulePosition = .last
  ) {
    let flags: RequestFlags = position == .first ? .create : [.create, .append]
    append(.newRule, flags, table.family, "add rule \"\(rule.key)\" to \(table) \(chain)") { w in
      w.attribute(Nft.ruleTable, string: table.name)
      w.attribute(Nft.ruleChain, string: chain)
      w.nested(Nft.ruleExpressions) { list in
        for expression in rule.expressions {
          list.nested(Nft.listElement) { expression.encode(into: &$0) }
        }
      }
      if case .after(let handle) = position { w.attribute(Nft.rulePosition, bigEndian: handle) }
      if !rule.key.isEmpty { w.attribute(Nft.ruleUserData, bytes: UserData.comment(rule.key)) }
    }
  }

  /// Deletes one rule by the kernel's number.
  public mutating func deleteRule(_ handle: UInt64, of chain: String, in table: TableName) {
    append(.deleteRule, [], table.family, "delete rule \(handle) of \(table) \(chain)") {
      $0.attribute(Nft.ruleTable, string: table.name)
      $0.attribute(Nft.ruleChain, string: chain)
      $0.attribute(Nft.ruleHandle, bigEndian: handle)
    }
  }

  /// Deletes all rules of a chain.
  public mutating func flushChain(_ chain: String, in table: TableName) {
    append(.deleteRule, [], table.family, "flush chain \(table) \(chain)") {
      $0.attribute(Nft.ruleTable, string: table.name)
      $0.attribute(Nft.ruleChain, string: chain)
    }
  }

  /// Adds a set or map without its elements.
  public mutating func add(_ set: NamedSet, to table: TableName) {
    let id = nextSetID
    nextSetID += 1
    append(.newSet, .create, table.family, "add \(set.keyword) \(table) \(set.name)") { w in
      var flags: UInt32 = set.isInterval ? Nft.SetFlag.interval : 0
      let isConcatenation = set.key.count > 1
      if set.isInterval && isConcatenation { flags |= Nft.SetFlag.concatenation }
      if set.value != .nothing { flags |= Nft.SetFlag.map }
      w.attribute(Nft.setTable, string: table.name)
      w.attribute(Nft.setName, string: set.name)
      w.attribute(Nft.setFlags, bigEndian: flags)
      w.attribute(Nft.setKeyType, bigEndian: DataType.code(of: set.key))
      w.attribute(Nft.setKeyLength, bigEndian: UInt32(DataType.length(of: set.key)))
      switch set.value {
      case .nothing: break
      case .data(let types):
        w.attribute(Nft.setDataType, bigEndian: DataType.code(of: types))
        w.attribute(Nft.setDataLength, bigEndian: UInt32(DataType.length(of: types)))
      case .verdict: w.attribute(Nft.setDataType, bigEndian: Nft.verdictData)
      }
      if set.isInterval && isConcatenation {
        w.nested(Nft.setDescription) {
          $0.nested(Nft.descriptionConcat) { fields in
            for field in set.key {
              fields.nested(Nft.listElement) { $0.attribute(Nft.fieldLength, bigEndian: UInt32(field.size)) }
            }
          }
        }
      }
      w.attribute(Nft.setID, bigEndian: id)
      w.attribute(Nft.setUserData, bytes: UserData.byteOrders(of: set))
    }
  }

  /// Deletes a set that no rule looks into.
  public mutating func deleteSet(_ set: String, in table: TableName) {
    append(.deleteSet, [], table.family, "delete set \(table) \(set)") {
      $0.attribute(Nft.setTable, string: table.name)
      $0.attribute(Nft.setName, string: set)
    }
  }

  /// Adds elements; fails where one is there with another value.
  public mutating func add(_ elements: some Sequence<Element>, to set: NamedSet, in table: TableName) {
    change(.newElement, .create, elements, set.name, table, "add")
  }

  /// Deletes elements; fails where one is not there.
  public mutating func delete(_ elements: some Sequence<Element>, from set: NamedSet, in table: TableName) {
    change(.deleteElement, [], elements, set.name, table, "delete")
  }

  /// A list of elements is one attribute and so at most 64 kB: a long one goes in several messages.
  private mutating func change(
    _ message: Nft.Message, _ flags: RequestFlags, _ elements: some Sequence<Element>, _ set: String,
    _ table: TableName, _ verb: String
  ) {
    var part: [Element] = []
    func purpose(_ part: [Element]) -> String {
      let key = part[0].key.map(\.description).joined(separator: " . ")
      return part.count == 1
        ? "\(verb) element \(key) of \(table) \(set)"
        : "\(verb) \(part.count) elements from \(key) on of \(table) \(set)"
    }
    func send(_ part: [Element], _ transaction: inout Transaction) {
      transaction.append(message, flags, table.family, purpose(part)) { w in
        w.attribute(Nft.elementsTable, string: table.name)
        w.attribute(Nft.elementsSet, string: set)
        w.nested(Nft.elementsList) { list in
          for element in part { list.nested(Nft.listElement) { element.encode(into: &$0) } }
        }
      }
    }
    for element in elements {
      part.append(element)
      if part.count == 256 {
        send(part, &self)
        part = []
      }
    }
    if !part.isEmpty { send(part, &self) }
  }

  private mutating func append(
    _ message: Nft.Message, _ flags: RequestFlags, _ family: Family, _ purpose: @autoclosure () -> String,
    _ body: (inout MessageWriter) -> Void
  ) {
    requests.append(
      NetlinkRequest(message.type, flags, purpose: purpose()) { w in
        w.header(family.rawValue)
        body(&w)
      })
  }
}
