extension Transaction {
  /// The smallest transaction that turns what the kernel holds into what it should hold. What differs in a way that the
  /// kernel cannot change in place (a set's types, a base chain's hook) makes the whole table new, in the same transaction.
  public static func difference(from actual: Table?, to desired: Table) -> Transaction {
    var transaction = Transaction()
    guard let actual else {
      transaction.add(desired)
      return transaction
    }
    let table = desired.name
    guard canChangeInPlace(actual, desired) else {
      transaction.delete(table)
      transaction.add(desired)
      return transaction
    }
    let newSets = desired.sets.filter { actual.set($0.name) == nil }
    let newChains = desired.chains.filter { actual.chain($0.name) == nil }
    for set in newSets { transaction.add(set, to: table) }
    for chain in newChains { transaction.addEmpty(chain, to: table) }
    for chain in desired.chains {
      guard let old = actual.chain(chain.name) else { continue }
      if old.base?.accepts != chain.base?.accepts { transaction.addEmpty(chain, to: table) }
    }
    // Rules before elements that go, elements that come before rules: a rule never looks for what is not there.
    for set in desired.sets {
      let old = actual.set(set.name)?.elements ?? []
      // An element whose value changed must go before it comes again.
      transaction.delete(old.subtracting(set.elements).sorted(), from: set, in: table)
      transaction.add(set.elements.subtracting(old).sorted(), to: set, in: table)
    }
    for chain in desired.chains {
      transaction.change(actual.chain(chain.name)?.rules ?? [], into: chain.rules, of: chain.name, in: table)
    }
    let goneChains = actual.chains.filter { desired.chain($0.name) == nil }
    for chain in goneChains { transaction.flushChain(chain.name, in: table) }
    let goneSets = actual.sets.filter { desired.set($0.name) == nil }
    for set in goneSets { transaction.delete(set.elements.sorted(), from: set, in: table) }
    for chain in goneChains { transaction.deleteChain(chain.name, in: table) }
    for set in goneSets { transaction.deleteSet(set.name, in: table) }
    return transaction
  }

  private static func canChangeInPlace(_ actual: Table, _ desired: Table) -> Bool {
    for set in desired.sets {
      if let old = actual.set(set.name), !set.hasSameShape(as: old) { return false }
    }
    for chain in desired.chains {
      guard let old = actual.chain(chain.name) else { continue }
      guard (old.base == nil) == (chain.base == nil) else { return false }
      if let a = old.base, let b = chain.base, (a.type, a.hook, a.priority) != (b.type, b.hook, b.priority) {
        return false
      }
    }
    return true
  }

  /// Keeps the longest run of rules that both lists have in the same order; deletes and adds the rest.
  private mutating func change(_ old: [Rule], into new: [Rule], of chain: String, in table: TableName) {
    let kept = Self.longestCommon(old, new)
    let keptOld = Set(kept.map(\.0))
    for (index, rule) in old.enumerated() where !keptOld.contains(index) {
      if let handle = rule.handle { deleteRule(handle, of: chain, in: table) }
    }
    if kept.isEmpty {
      for rule in new { add(rule, to: chain, in: table) }
      return
    }
    // From the last to the first, each behind the kept rule before it: so they end up in order.
    let keptNew = Dictionary(uniqueKeysWithValues: kept.map { ($0.1, $0.0) })
    for index in new.indices.reversed() where keptNew[index] == nil {
      var position = RulePosition.first
      if let before = new.indices.prefix(index).last(where: { keptNew[$0] != nil }), let oldIndex = keptNew[before],
        let handle = old[oldIndex].handle
      {
        position = .after(handle)
      }
      add(new[index], to: chain, in: table, position)
    }
  }

  private static func longestCommon(_ old: [Rule], _ new: [Rule]) -> [(Int, Int)] {
    var lengths = [[Int]](repeating: [Int](repeating: 0, count: new.count + 1), count: old.count + 1)
    for i in old.indices.reversed() {
      for j in new.indices.reversed() {
        lengths[i][j] =
          old[i].isSame(as: new[j]) ? lengths[i + 1][j + 1] + 1 : max(lengths[i + 1][j], lengths[i][j + 1])
      }
    }
    var (i, j) = (0, 0)
    var pairs: [(Int, Int)] = []
    while i < old.count && j < new.count {
      if old[i].isSame(as: new[j]) {
        pairs.append((i, j))
        i += 1
        j += 1
      } else if lengths[i + 1][j] >= lengths[i][j + 1] {
        i += 1
      } else {
        j += 1
      }
    }
    return pairs
  }
}
