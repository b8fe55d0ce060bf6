/// Where a value stands in an object, as messages about unknown fields write it: `spec.list[0].foo`.
struct ValuePath {
  fileprivate enum Step {
    case name(String)
    case index(Int)
  }

  fileprivate var steps: [Step] = []

  var isEmpty: Bool { steps.isEmpty }

  mutating func append(_ name: String) { steps.append(.name(name)) }
  mutating func append(_ index: Int) { steps.append(.index(index)) }
  mutating func removeLast() { steps.removeLast() }
}

extension ValuePath: CustomStringConvertible {
  var description: String {
    var result = ""
    for step in steps {
      switch step {
      case .name(let name): result += result.isEmpty ? name : "." + name
      case .index(let index): result += "[\(index)]"
      }
    }
    return result
  }
}

extension ValuePath {
  /// Whether this is a member of the object itself.
  var isAtRoot: Bool { steps.count == 1 }
}
