import APIMachinery

/// Amounts by the names of resources (`v1` ResourceList): what a quota allows, what a pod asks for.
public struct ResourceAmounts: Sendable, Equatable {
  private var amounts: [String: Quantity] = [:]

  public init() {}

  /// Reads a list as objects hold it; what is no quantity is left out.
  public init(json value: JSONValue?) {
    for (name, amount) in value?.objectValue ?? [:] {
      if let quantity = try? Quantity(json: amount) { amounts[name] = quantity }
    }
  }

  public subscript(name: String) -> Quantity? {
    get { amounts[name] }
    set { amounts[name] = newValue }
  }

  public var isEmpty: Bool { amounts.isEmpty }
  /// In the order of the alphabet.
  public var names: [String] { amounts.keys.sorted() }

  /// The list as objects hold it.
  public var json: JSONValue { .object(JSONObject(names.map { ($0, amounts[$0]?.json ?? "0") })) }

  // MARK: Arithmetic

  /// The sum of each resource; one that only one side names is as it is there.
  public static func + (a: ResourceAmounts, b: ResourceAmounts) -> ResourceAmounts {
    var sum = a
    for (name, amount) in b.amounts { sum.amounts[name] = sum.amounts[name].map { $0 + amount } ?? amount }
    return sum
  }

  public static func += (a: inout ResourceAmounts, b: ResourceAmounts) { a = a + b }

  /// What there is more of here than there; of everything that either names, and never less than nothing.
  public func excess(over other: ResourceAmounts) -> ResourceAmounts {
    var result = ResourceAmounts()
    for name in Set(amounts.keys).union(other.amounts.keys) {
      let difference = (amounts[name] ?? .zero) - (other.amounts[name] ?? .zero)
      result.amounts[name] = difference.sign > 0 ? difference : .zero
    }
    return result
  }

  /// The larger amount of each.
  public func maximum(_ other: ResourceAmounts) -> ResourceAmounts {
    var result = self
    for (name, amount) in other.amounts {
      result.amounts[name] = result.amounts[name].map { $0 < amount ? amount : $0 } ?? amount
    }
    return result
  }

  // MARK: Selecting

  /// Only these names.
  public func keeping(_ names: some Sequence<String>) -> ResourceAmounts {
    var result = ResourceAmounts()
    for name in names { result.amounts[name] = amounts[name] }
    return result
  }

  public var withoutZeros: ResourceAmounts {
    var result = self
    result.amounts = amounts.filter { !$0.value.isZero }
    return result
  }

  public var negativeNames: [String] { names.filter { (amounts[$0]?.sign ?? 0) < 0 } }

  /// The names of which there is more here than a limit allows.
  public func names(exceeding limits: ResourceAmounts) -> [String] {
    names.filter { name in
      guard let amount = amounts[name], let limit = limits.amounts[name] else { return false }
      return amount > limit
    }
  }
}

extension ResourceAmounts: CustomStringConvertible {
  /// As messages about quotas show it: `cpu=500m,pods=1`.
  public var description: String {
    names.map { "\($0)=\(amounts[$0]?.description ?? "")" }.joined(separator: ",")
  }
}

extension ResourceAmounts: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, Quantity)...) {
    for (name, amount) in elements { amounts[name] = amount }
  }
}
