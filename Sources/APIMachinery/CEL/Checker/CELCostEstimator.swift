/// Estimates what an expression costs before it has values, as cel-go and Kubernetes do: the limits on rules are in these
/// units, so each number here is theirs.
struct CELCostEstimator {
  private let checked: CELCheckedExpression
  /// The types of the variables, which bound how large their values can be.
  private let roots: [String: CELSchemaType]
  private var paths: [Int: [String]] = [:]
  private var sizes: [Int: CELCost] = [:]
  private var entries: [Int: Entry] = [:]
  private var locals: [String: [Local]] = [:]
  private var known: [Int: CELCost] = [:]

  /// The sizes of what a list or map holds.
  struct Entry {
    let isList: Bool
    let key: CELCost
    let value: CELCost
  }

  private struct Local {
    let path: [String]
    let size: CELCost?
    let entry: Entry?
  }

  init(_ checked: CELCheckedExpression, roots: [String: CELSchemaType]) {
    self.checked = checked
    self.roots = roots
  }

  mutating func estimate() -> CELCost { cost(checked.root) }

  private mutating func cost(_ node: CELExpression) -> CELCost {
    if let known = known[node.id] { return known }
    let cost = find(node)
    known[node.id] = cost
    return cost
  }

  private mutating func find(_ node: CELExpression) -> CELCost {
    if let type = checked.constants[node.id] {
      paths[node.id] = [type.goDescription]
      return CELCost(1)
    }
    if checked.renamed[node.id] != nil { return CELCost(1) }
    switch node.kind {
    case .literal: return CELCost(0)
    case .identifier(let name):
      paths[node.id] = locals[name]?.last?.path ?? [name]
      return CELCost(1)
    case .select(let operand, let field, let isTest):
      var sum = cost(operand)
      if isTest { return sum }
      switch checked.type(operand) {
      case .map, .object, .parameter: sum = sum + CELCost(1)
      default: break
      }
      // Kubernetes finds no size of a field that is named like a word of the language and written so.
      paths[node.id] = path(operand) + [field]
      return sum
    case .call(let name, let target, let arguments): return call(node, name, target, arguments)
    case .list(let elements, _):
      var sum = CELCost(10)
      var item = CELCost(elements.isEmpty ? 0 : .max, 0)
      for element in elements {
        sum = sum + cost(element)
        item = item.union(size(element) ?? .unknown)
      }
      entries[node.id] = Entry(isList: true, key: CELCost(1), value: item)
      return sum
    case .map(let list):
      var sum = CELCost(30)
      var key = CELCost(list.isEmpty ? 0 : .max, 0)
      var value = key
      for entry in list {
        sum = sum + cost(entry.key) + cost(entry.value)
        key = key.union(size(entry.key) ?? .unknown)
        value = value.union(size(entry.value) ?? .unknown)
      }
      entries[node.id] = Entry(isList: false, key: key, value: value)
      return sum
    case .structure(_, let fields):
      var sum = CELCost(40)
      for field in fields { sum = sum + cost(field.value) }
      return sum
    case .comprehension(let fold): return comprehension(node, fold)
    }
  }

  // MARK: Folds

  private mutating func comprehension(_ node: CELExpression, _ fold: CELExpression.Comprehension) -> CELCost {
    var sum = cost(fold.range) + cost(fold.initial)
    let accumulated = Local(path: path(fold.initial), size: size(fold.initial), entry: entry(fold.initial))
    locals[fold.accumulator, default: []].append(accumulated)
    defer { locals[fold.accumulator]?.removeLast() }
    if case .list(let elements, _) = fold.range.kind, elements.isEmpty,
      case .literal(.bool(false)) = fold.condition.kind
    {
      sum = sum + cost(fold.result)
      sizes[node.id] = size(fold.result)
      entries[node.id] = entry(fold.result)
      return sum
    }
    let range = entry(fold.range)
    var isList = range?.isList ?? false
    if range == nil, case .list = checked.type(fold.range) { isList = true }
    let start = path(fold.range)
    func local(_ part: String, _ size: CELCost?) -> Local { Local(path: start + [part], size: size, entry: nil) }
    let values = local(isList ? "@items" : "@values", range?.value)
    if let second = fold.secondVariable {
      locals[fold.variable, default: []].append(local(isList ? "@indices" : "@keys", range?.key))
      locals[second, default: []].append(values)
    } else {
      locals[fold.variable, default: []].append(isList ? values : local("@keys", range?.key))
    }
    let each = cost(fold.condition) + cost(fold.step)
    locals[fold.variable]?.removeLast()
    if let second = fold.secondVariable { locals[second]?.removeLast() }
    sum = sum + cost(fold.result)
    let count = size(fold.range) ?? .unknown
    sum = sum + count * each
    switch fold.initial.kind {
    case .literal: sizes[node.id] = size(fold.initial)
    case .list, .map:
      sizes[node.id] = count
      if let step = entry(fold.step) { entries[node.id] = step }
    default: break
    }
    return sum
  }

  // MARK: Calls

  private mutating func call(
    _ node: CELExpression, _ name: String, _ target: CELExpression?, _ arguments: [CELExpression]
  ) -> CELCost {
    if name == "dyn", target == nil, let argument = arguments.first {
      let sum = CELCost(1) + cost(argument)
      sizes[node.id] = size(argument)
      entries[node.id] = entry(argument)
      return sum
    }
    let costs = arguments.map { cost($0) }
    if name == CELOperator.optionalSelect { return costs.reduce(CELCost(1), +) }
    guard let resolved = checked.calls[node.id] else { return CELCost(0) }
    let target = resolved.isNamespaced ? nil : target
    var sum = target.map { cost($0) } ?? CELCost(0)
    var total: CELCost?
    var result: CELCost?
    for overload in resolved.overloads {
      let estimate = self.estimate(node, resolved.name, overload.id, target, arguments, costs)
      total = total?.union(estimate.cost) ?? estimate.cost
      if let size = estimate.size { result = result?.union(size) ?? size }
      if overload.id == "index_list" || overload.id == "index_map", let container = arguments.first {
        result = entry(container)?.value
        paths[node.id] = path(container) + [overload.id == "index_list" ? "@items" : "@values"]
      }
      if result == nil { result = size(node) }
    }
    sizes[node.id] = result
    sum = sum + (total ?? CELCost(0))
    return sum
  }

  private mutating func estimate(
    _ node: CELExpression, _ name: String, _ id: String, _ target: CELExpression?, _ arguments: [CELExpression],
    _ costs: [CELCost]
  ) -> (cost: CELCost, size: CELCost?) {
    let all = costs.reduce(CELCost(0), +)
    func operand(_ node: CELExpression) -> CELCostOperand {
      CELCostOperand(type: checked.type(node), size: size(node), element: element(node), node: node)
    }
    if let library = CELLibraryCost.estimate(name, id, target.map(operand), arguments.map(operand)) {
      return (library.cost + all, library.size)
    }
    func argumentSize(_ index: Int) -> CELCost { size(arguments[index]) ?? .unknown }
    switch id {
    case "starts_with_string", "ends_with_string": return (argumentSize(0).times(0.1) + all, nil)
    case "string_to_bytes":
      let size = argumentSize(0)
      return (size.times(0.1) + all, CELCost(size.min, CELCost.multiply(size.max, 4)))
    case "bytes_to_string":
      let size = argumentSize(0)
      return (size.times(0.1) + all, CELCost(size.min / 4, size.max))
    case "strings_quote":
      let size = argumentSize(0)
      return (size.times(0.1) + all, size * CELCost(1, 2) + CELCost(2))
    case "string_format": return ((target.flatMap { size($0) } ?? .unknown).times(0.1) + all, nil)
    case "in_list": return (argumentSize(1) + all, nil)
    case "matches_string":
      let text = ((target.flatMap { size($0) } ?? .unknown) + CELCost(1)).times(0.1)
      return (text * argumentSize(0).times(0.25) + all, nil)
    case "contains_string":
      let text = (target.flatMap { size($0) } ?? .unknown).times(0.1)
      return (text * argumentSize(0).times(0.1) + all, nil)
    case "logical_or", "logical_and": return (CELCost(costs[0].min, (costs[0] + costs[1]).max), nil)
    case "conditional":
      let size = argumentSize(1).union(argumentSize(2))
      if let yes = entry(arguments[1]), let no = entry(arguments[2]) { entries[node.id] = yes.union(no) }
      return (costs[0] + costs[1].union(costs[2]), size)
    case "add_string", "add_bytes", "add_list":
      let size = argumentSize(0) + argumentSize(1)
      if let left = entry(arguments[0]), let right = entry(arguments[1]) { entries[node.id] = left.union(right) }
      return ((id == "add_list" ? CELCost(1) : size.times(0.1)) + all, size)
    case "less_string", "greater_string", "less_equals_string", "greater_equals_string", "less_bytes", "greater_bytes",
      "less_equals_bytes", "greater_equals_bytes", "equals", "not_equals":
      let most = min(argumentSize(0).max, argumentSize(1).max)
      return (CELCost(most > 0 ? 1 : 0, most).times(0.1) + all, nil)
    default: return (CELCost(1) + all, nil)
    }
  }

  // MARK: Sizes

  private func path(_ node: CELExpression) -> [String] {
    if case .identifier(let name) = node.kind, let local = locals[name]?.last { return local.path }
    return paths[node.id] ?? []
  }

  private func entry(_ node: CELExpression) -> Entry? {
    if let known = entries[node.id] { return known }
    if case .identifier(let name) = node.kind { return locals[name]?.last?.entry }
    return nil
  }

  /// How many elements, bytes or scalars a value has; nil where nothing is known.
  private mutating func size(_ node: CELExpression) -> CELCost? {
    if let known = sizes[node.id] { return known }
    switch node.kind {
    case .literal(let value): return CELCost(value.costSize)
    case .list(let elements, _): return CELCost(UInt64(elements.count))
    case .map(let entries): return CELCost(UInt64(entries.count))
    default: break
    }
    if let size = size(at: path(node)) {
      sizes[node.id] = size
      return size
    }
    if checked.type(node).isScalar { return CELCost(1) }
    if case .identifier(let name) = node.kind { return locals[name]?.last?.size }
    return nil
  }

  private func schema(at path: [String]) -> CELSchemaType? {
    // What is no variable begins at the root too: Kubernetes estimates it so.
    guard let first = path.first, var current = roots[first] ?? roots["self"] else { return nil }
    for name in path.dropFirst() {
      switch name {
      case "@items", "@values":
        guard let element = current.element else { return nil }
        current = element
      case "@keys":
        guard case .map = current.reading else { return nil }
        current = current.keys ?? .key
      default:
        if let field = current.object?.fields[name] {
          current = field.type
        } else if current.sizesMembers, let element = current.element {
          current = element
        } else {
          return nil
        }
      }
    }
    return current
  }

  private func size(at path: [String]) -> CELCost? {
    schema(at: path).map { CELCost(0, UInt64($0.maxElements)) }
  }

  /// The type of a list's elements, and the size of one.
  private func element(_ node: CELExpression) -> (type: CELType, size: CELCost?)? {
    let type: CELType
    switch checked.type(node) {
    case .list(let element): type = element
    case .map(let key, _): type = key
    case .opaque(_, let parameters):
      guard let first = parameters.first else { return nil }
      type = first
    default: return nil
    }
    let path = path(node)
    return (type, path.isEmpty ? nil : size(at: path + ["@items"]))
  }
}

extension CELCostEstimator.Entry {
  func union(_ other: CELCostEstimator.Entry) -> CELCostEstimator.Entry {
    CELCostEstimator.Entry(isList: isList, key: key.union(other.key), value: value.union(other.value))
  }
}
