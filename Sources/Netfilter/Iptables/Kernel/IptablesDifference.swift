import Addressing

extension Iptables.Transaction {
  /// The comment on the rule that is put into a shared chain which was made for want of it: a chain with nothing else
  /// is nobody's. The rule has no target.
  public static let shareMark = "made by Apus"

  /// What brings the host from what it holds to `tables`. Rules and chains of others stay as they are.
  /// - Parameter marks: the comments by which rules in built-in chains are ours.
  public static func difference(
    from snapshot: Iptables.Snapshot, to tables: [Iptables.Table], _ family: IPFamily, marks: Set<String>
  ) -> Self {
    var transaction = Self(family)
    for table in tables {
      for chain in table.sharedChains where snapshot.rules(table.name, chain) == nil {
        transaction.make(chain, in: table.name)
        transaction.append(Iptables.Rule(shareMark, [], nil), to: chain, in: table.name)
      }
      for chain in table.chains where snapshot.rules(table.name, chain.name) == nil {
        transaction.make(chain.name, in: table.name)
      }
      for chain in table.chains {
        transaction.settle(chain, in: table.name, holding: snapshot.rules(table.name, chain.name) ?? [])
      }
      for entrance in table.entrances {
        let rules = snapshot.rules(table.name, entrance.chain) ?? []
        transaction.settle(entrance, in: table.name, holding: rules.filter { marks.contains($0.comment) })
      }
    }
    return transaction
  }

  private mutating func settle(
    _ chain: Iptables.Chain, in table: Iptables.TableName, holding saved: [Iptables.SavedRule]
  ) {
    if chain.isOrdered {
      if saved.map(\.meaning) == chain.rules.map(\.meaning) { return }
      if !saved.isEmpty { flush(chain.name, in: table) }
      for rule in chain.rules { append(rule, to: chain.name, in: table) }
      return
    }
    var extra: [[String]: [Iptables.SavedRule]] = Dictionary(grouping: saved, by: \.meaning)
    var missing: [Iptables.Rule] = []
    for rule in chain.rules where extra[rule.meaning]?.popLast() == nil { missing.append(rule) }
    // In the order of the chain, so that the same difference is always the same text.
    for rule in saved where extra[rule.meaning]?.popLast() != nil { delete(rule, from: chain.name, in: table) }
    for rule in missing { append(rule, to: chain.name, in: table) }
  }

  private mutating func settle(
    _ entrance: Iptables.Entrance, in table: Iptables.TableName, holding saved: [Iptables.SavedRule]
  ) {
    if saved.map(\.meaning) == entrance.rules.map(\.meaning) { return }
    for rule in saved { delete(rule, from: entrance.chain, in: table) }
    switch entrance.place {
    case .first: for rule in entrance.rules.reversed() { insert(rule, at: entrance.chain, in: table) }
    case .last: for rule in entrance.rules { append(rule, to: entrance.chain, in: table) }
    }
  }

  /// What takes away all of `tables` that the host holds. A chain of ours that a rule of somebody else leads to stays,
  /// empty, and so does a shared chain that anybody uses.
  public static func removal(
    of tables: [Iptables.Table], from snapshot: Iptables.Snapshot, _ family: IPFamily, marks: Set<String>
  ) -> Self {
    var transaction = Self(family)
    transaction.isRemoval = true
    for table in tables {
      guard let saved = snapshot.tables[table.name] else { continue }
      let entrances = Set(table.entrances.map(\.chain))
      let own = Set(table.chains.map(\.name))
      var foreign: Set<String> = []
      for (chain, rules) in saved.sorted(by: { $0.key < $1.key }) where !own.contains(chain) {
        for rule in rules {
          if entrances.contains(chain) && marks.contains(rule.comment) {
            transaction.delete(rule, from: chain, in: table.name)
          } else {
            foreign.insert(rule.target)
          }
        }
      }
      let there = table.chains.map(\.name).filter { saved[$0] != nil }
      for chain in there where saved[chain]?.isEmpty == false { transaction.flush(chain, in: table.name) }
      for chain in there where !foreign.contains(chain) { transaction.delete(chain, in: table.name) }
      for chain in table.sharedChains where !foreign.contains(chain) {
        guard let rules = saved[chain], rules.count == 1, rules[0].comment == shareMark else { continue }
        transaction.flush(chain, in: table.name)
        transaction.delete(chain, in: table.name)
      }
    }
    return transaction
  }
}
