/// What calls of library functions cost, estimated and in fact. The numbers are Kubernetes' and cel-go's: they decide which
/// rules may be written and when one is stopped.
enum CELLibraryCost {
  private static let unit: Set<String> = [
    "serviceAccount", "path", "group", "resource", "subresource", "namespace", "name", "allowed", "reason", "error",
    "errored", "masked", "prefixLength", "family", "isUnspecified", "isLoopback", "isLinkLocalMulticast",
    "isLinkLocalUnicast", "isGlobalUnicast", "format.named", "sign", "asInteger", "isInteger", "asApproximateFloat",
    "isGreaterThan", "isLessThan", "compareTo", "add", "sub", "major", "minor", "patch", "getScheme", "getHostname",
    "getHost", "getPort", "getEscapedPath", "getQuery",
  ]
  private static let traversing: Set<String> = ["isSorted", "sum", "max", "min", "indexOf", "lastIndexOf", "includes"]
  private static let parsing: Set<String> = [
    "cidr", "isIP", "isCIDR", "ip", "quantity", "isQuantity", "semver", "isSemver",
  ]
  private static let authorizationCheck: UInt64 = 350_000

  private static func selector(_ length: CELCost) -> CELCost {
    CELCost(10) + length.times(0.1) + length.times(0.5).times(50)
  }

  // MARK: Estimates

  /// The cost without that of the arguments, and the size of the result where it is known; nil where the
  /// language's own rules count.
  static func estimate(
    _ name: String, _ id: String, _ target: CELCostOperand?, _ arguments: [CELCostOperand]
  ) -> (cost: CELCost, size: CELCost?)? {
    if name == "check" { return (CELCost(authorizationCheck), nil) }
    if let list = estimateList(id, target, arguments) { return list }
    if id == "cidr_ip" { return (CELCost(1), nil) }
    if unit.contains(name) { return (CELCost(1), nil) }
    if traversing.contains(name), let target { return (traversal(target, name), nil) }
    if parsing.contains(name), let text = arguments.first { return (text.knownSize.times(0.1), nil) }
    switch (name, target, arguments.count) {
    case ("fieldSelector", _, 1), ("labelSelector", _, 1): return (selector(arguments[0].knownSize), nil)
    case ("url", _, 1), ("jsonpatch.escapeKey", _, 1):
      return (arguments[0].knownSize.times(0.1), arguments[0].knownSize)
    case ("lowerAscii", let target?, _), ("upperAscii", let target?, _), ("substring", let target?, _),
      ("trim", let target?, _):
      return (target.knownSize.times(0.1), target.knownSize)
    case ("replace", let target?, 2...):
      return replace(target.knownSize, arguments[0].knownSize, arguments[1].knownSize)
    case ("split", let target?, _):
      var most = target.knownSize.max
      if arguments.count > 1, case .literal(.int(let limit)) = arguments[1].node.kind {
        most = UInt64(bitPattern: limit)
      }
      return (target.knownSize.times(0.2), CELCost(0, most))
    case ("join", let target?, _): return join(target, arguments.first)
    case ("find", let target?, 1...), ("findAll", let target?, 1...):
      let text = (target.knownSize + CELCost(1)).times(0.1)
      return (text * arguments[0].knownSize.times(0.25), CELCost(0, target.knownSize.max))
    case ("ip.isCanonical", _, 1...): return (arguments[0].knownSize.times(0.2), nil)
    case ("containsIP", _, 1...), ("containsCIDR", _, 1...):
      let bytes = CELCost(4, 16)
      var cost = (bytes + bytes).times(0.1)
      if name == "containsCIDR" { cost = cost + bytes.times(0.1) + CELCost(1) }
      if id.hasSuffix("_string") { cost = cost + arguments[0].knownSize.times(0.1) }
      return (cost, nil)
    case ("validate", _, 1...): return (arguments[0].knownSize.times(0.1).times(128 * 0.25), nil)
    case (CELOperator.equals, _, 2): return equality(arguments[0], arguments[1]).map { ($0, nil) }
    default: return nil
    }
  }

  private static func traversal(_ target: CELCostOperand, _ name: String) -> CELCost {
    var each = CELCost(1)
    if let element = target.element {
      if element.type == .string || element.type == .bytes { each = each + (element.size ?? .unknown).times(0.1) }
      return target.knownSize * each
    }
    return name == "includes" ? target.knownSize : target.knownSize.times(0.1)
  }

  private static func replace(_ text: CELCost, _ old: CELCost, _ new: CELCost) -> (cost: CELCost, size: CELCost?) {
    func divided(_ a: UInt64, _ b: UInt64) -> UInt64 {
      let quotient = (Double(a) / Double(b)).rounded(.up)
      return quotient >= 0x1p64 ? .max : UInt64(quotient)
    }
    func oneMore(_ count: UInt64) -> UInt64 { count == .max ? count : count + 1 }
    var count = CELCost(0)
    var kept = CELCost(0)
    if old.min == 0 {
      count.max = oneMore(text.max)
      kept.max = text.max
    } else if new.max <= old.min {
      kept.max = text.max
    } else {
      count.max = divided(text.max, old.min)
    }
    if old.max == 0 {
      count.min = oneMore(text.min)
      kept.min = text.min
    } else if old.max <= new.min {
      kept.min = text.min
    } else {
      count.min = divided(text.min, old.max)
    }
    return (text.times(0.2), count * new + kept)
  }

  private static func join(_ list: CELCostOperand, _ separator: CELCostOperand?) -> (cost: CELCost, size: CELCost?) {
    let count = list.knownSize
    var size = CELCost(0)
    if let element = list.element { size = count * (element.size ?? .unknown) }
    if let separator {
      size = size + separator.knownSize * CELCost(count.min > 0 ? count.min - 1 : 0, count.max > 0 ? count.max - 1 : 0)
    }
    return (size.times(0.1), size)
  }

  private static func equality(_ a: CELCostOperand, _ b: CELCostOperand) -> CELCost? {
    guard a.type == b.type, case .opaque(let name, _) = a.type else { return nil }
    if name == "kubernetes.NamedFormat" { return CELCost(1, 64).times(0.1) }
    if name == "kubernetes.URL" { return CELCost(1, b.size?.max ?? 1).times(0.1) }
    return name.hasPrefix("kubernetes.") || name.hasPrefix("net.") ? CELCost(1) : nil
  }

  // MARK: Actual costs

  private static func scaled(_ size: UInt64, _ factor: Double) -> UInt64 { CELCost(size).times(factor).max }

  /// Of matching a text by a pattern.
  static func matching(_ text: String, _ pattern: String) -> UInt64 {
    let length = (Double(text.scalarCount) + 1) * 0.1
    return CELCost.multiply(UInt64(length.rounded(.up)), scaled(UInt64(pattern.scalarCount), 0.25))
  }

  /// What a call costs, as far as its arguments tell.
  /// - Parameter id: the overload; empty where more than one fits.
  static func beforeCall(_ name: String, _ id: String, _ arguments: [CELValue]) -> UInt64 {
    let first = arguments.first?.costSize ?? 0
    if name == "check" { return authorizationCheck }
    if let list = listCall(id, arguments) { return list }
    if id == "cidr_ip" || unit.contains(name) { return 1 }
    if traversing.contains(name) { return arguments.first.map(traversal) ?? 0 }
    if parsing.contains(name) { return scaled(first, 0.1) }
    switch name {
    case "fieldSelector", "labelSelector":
      return arguments.count > 1 ? selector(CELCost(arguments[1].costSize)).max : 1
    case "url", "lowerAscii", "upperAscii", "substring", "trim", "jsonpatch.escapeKey": return scaled(first, 0.1)
    case "replace", "split", "ip.isCanonical": return scaled(first, 0.2)
    case "join": return 0
    case "matches", "find", "findAll":
      guard arguments.count > 1 else { return 1 }
      let length = (Double(first) + 1) * 0.1
      return CELCost.multiply(UInt64(length.rounded(.up)), scaled(arguments[1].costSize, 0.25))
    case "containsIP", "containsCIDR":
      var cost = scaled(first + first, 0.1)
      if name == "containsCIDR" { cost += scaled(first, 0.1) + 1 }
      if arguments.count > 1, case .string = arguments[1] { cost += scaled(arguments[1].costSize, 0.1) }
      return cost
    case "validate":
      guard case .opaque(let format as CELFormat)? = arguments.first, arguments.count > 1 else { return 1 }
      let length = (Double(arguments[1].costSize) + 1) * 0.1
      return CELCost.multiply(UInt64(length.rounded(.up)), scaled(UInt64(format.patternSize), 0.25))
    default: return language(id, arguments)
    }
  }

  private static func language(_ id: String, _ arguments: [CELValue]) -> UInt64 {
    func size(_ index: Int) -> UInt64 { index < arguments.count ? arguments[index].costSize : 0 }
    switch id {
    case "starts_with_string", "ends_with_string", "string_to_bytes", "bytes_to_string", "strings_quote",
      "string_format":
      return scaled(size(0), 0.1)
    case "in_list": return size(1)
    case "less_string", "greater_string", "less_equals_string", "greater_equals_string", "less_bytes", "greater_bytes",
      "less_equals_bytes", "greater_equals_bytes":
      return scaled(min(size(0), size(1)), 0.1)
    case "add_string", "add_bytes": return scaled(size(0) + size(1), 0.1)
    case "contains_string": return CELCost.multiply(scaled(size(0), 0.1), scaled(size(1), 0.1))
    case "":
      // Which overload it is shows only now; what may be long counts as such.
      if case .string? = arguments.first { return max(1, scaled(size(0) + size(1), 0.1)) }
      return 1
    default: return 1
    }
  }

  /// What only the result tells.
  static func afterCall(_ name: String, _ id: String, _ result: CELValue) -> UInt64? {
    if let list = listMade(id, result) { return list }
    return name == "join" ? scaled(result.costSize, 0.2) : nil
  }

  private static func traversal(_ value: CELValue) -> UInt64 {
    switch value {
    case .string(let text): return UInt64(Double(text.utf8.count) * 0.1)
    case .bytes(let bytes): return UInt64(Double(bytes.count) * 0.1)
    case .list(let list):
      var cost: UInt64 = 0
      for index in 0..<list.count { if let element = try? list.element(index) { cost += traversal(element) } }
      return cost
    case .map(let map):
      var cost: UInt64 = 0
      for key in map.keys {
        cost += traversal(key)
        if let value = try? map.find(key) { cost += traversal(value) }
      }
      return cost
    case .object(let object):
      var cost: UInt64 = 0
      for name in object.names {
        cost += UInt64(Double(name.utf8.count) * 0.1)
        if let value = try? object.field(name) { cost += traversal(value) }
      }
      return cost
    default: return 1
    }
  }
}

/// What an estimate knows of an operand.
struct CELCostOperand {
  let type: CELType
  let size: CELCost?
  /// Of a list, what its elements are and how large one is.
  let element: (type: CELType, size: CELCost?)?
  let node: CELExpression

  var knownSize: CELCost { size ?? .unknown }
}
