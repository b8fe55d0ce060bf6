/// What cel-go's own list and set functions cost: those that make a list cost as much as making one, and what looks at all pairs
/// costs as many comparisons.
extension CELLibraryCost {
  /// A call, and the list that it makes.
  private static let allocation = CELCost(11)
  private static let sets: [String: Double] = [
    "list_sets_contains_list": 1, "list_sets_intersects_list": 1, "list_sets_equivalent_list": 2,
  ]

  /// The cost without that of the arguments, and the size of the result; nil where the function is another one.
  static func estimateList(
    _ id: String, _ target: CELCostOperand?, _ arguments: [CELCostOperand]
  ) -> (cost: CELCost, size: CELCost?)? {
    func made(_ size: CELCost, _ factor: Double = 1) -> (cost: CELCost, size: CELCost?) {
      (size.times(factor) + allocation, size)
    }
    if let factor = sets[id], arguments.count == 2 {
      return ((arguments[0].knownSize * arguments[1].knownSize).times(factor) + CELCost(1), nil)
    }
    switch (id, target, arguments.count) {
    case ("list_slice", let list?, 2):
      return made(
        CELCost(arguments[1].number(or: list.knownSize.max) &- arguments[0].number(or: 0)))
    case ("lists_range", _, 1): return made(CELCost(arguments[0].number(or: .max)))
    case ("list_reverse", let list?, 0), ("list_flatten", let list?, 0): return made(list.knownSize)
    case ("list_flatten_int", let list?, 1): return made(list.knownSize, Double(arguments[0].number(or: .max)))
    case ("list_distinct", let list?, 0): return made(list.knownSize * list.knownSize, 2)
    case (_, let list?, 0) where id.hasPrefix("list_") && id.hasSuffix("_sort"):
      return made(list.knownSize * list.knownSize, factor(id))
    case (_, _?, 1) where id.hasSuffix("_sortByAssociatedKeys"):
      return made(arguments[0].knownSize * arguments[0].knownSize, factor(id))
    default: return nil
    }
  }

  /// Two comparisons of a pair, and of texts a tenth of a unit more.
  private static func factor(_ id: String) -> Double {
    id.hasPrefix("list_string_") || id.hasPrefix("list_bytes_") ? 2.1 : 2
  }

  /// What a call costs before it is made; nil where the function is another one.
  static func listCall(_ id: String, _ arguments: [CELValue]) -> UInt64? {
    func size(_ index: Int) -> UInt64 { index < arguments.count ? arguments[index].costSize : 0 }
    func scaled(_ size: UInt64, _ factor: Double) -> UInt64 {
      let product = Double(size) * factor
      return product >= 0x1p63 ? .max : UInt64(product)
    }
    func made(_ cost: UInt64) -> UInt64 { cost > .max - allocation.min ? .max : cost + allocation.min }
    if let factor = sets[id] {
      let cost = scaled(CELCost.multiply(size(0), size(1)), factor)
      return cost == .max ? cost : cost + 1
    }
    switch id {
    // What they make is counted when it is there.
    case "list_slice", "lists_range", "list_reverse": return allocation.min
    case "list_flatten": return made(size(0))
    case "list_flatten_int":
      guard arguments.count > 1, case .int(let depth) = arguments[1] else { return made(size(0)) }
      return made(scaled(size(0), Double(max(0, depth))))
    case "list_distinct": return made(pairs(arguments.first))
    case _ where id.hasPrefix("list_") && id.hasSuffix("_sort"): return made(pairs(arguments.first))
    case _ where id.hasSuffix("_sortByAssociatedKeys"): return made(pairs(arguments.last))
    default: return nil
    }
  }

  private static func pairs(_ value: CELValue?) -> UInt64 {
    guard case .list(let list)? = value, list.count > 0 else { return 0 }
    var factor = 2.0
    switch try? list.element(0) {
    case .string?, .bytes?: factor = 2.1
    default: break
    }
    let product = Double(CELCost.multiply(UInt64(list.count), UInt64(list.count))) * factor
    return product >= 0x1p63 ? .max : UInt64(product)
  }

  /// What the list that a call has made costs; nil where the function is another one.
  static func listMade(_ id: String, _ result: CELValue) -> UInt64? {
    switch id {
    case "list_slice", "lists_range", "list_reverse": result.costSize
    default: nil
    }
  }
}

extension CELCostOperand {
  /// A whole number that stands there as such; negative ones count as nothing.
  fileprivate func number(or other: UInt64) -> UInt64 {
    guard case .literal(.int(let value)) = node.kind else { return other }
    return UInt64(max(0, value))
  }
}
