/// Checks that a value has the shape that its type gives it, so that it can be merged.
struct MergeCheck {
  /// Whether items may be twice in sets and maps: what is stored may hold such from before a rule was made.
  let allowsDuplicates: Bool
  private(set) var problems: [MergeProblem] = []
  /// To what is being looked at.
  private var path: [FieldElement] = []

  static func problems(in value: JSONValue, _ type: MergeType, allowsDuplicates: Bool) -> [MergeProblem] {
    var check = MergeCheck(allowsDuplicates: allowsDuplicates)
    check.check(value, type)
    return check.problems
  }

  private init(allowsDuplicates: Bool) { self.allowsDuplicates = allowsDuplicates }

  private mutating func add(_ message: String) {
    problems.append(MergeProblem(path: path.map(\.description).joined(), message: message))
  }

  private mutating func check(_ value: JSONValue, _ type: MergeType) {
    switch type.shape(of: value) {
    case .scalar(let scalar): if let problem = Self.problem(value, scalar) { add(problem) }
    case .list(let list):
      if value == .null { return }
      guard case .array(let items) = value else { return add("expected list, got &{\(value.goDescription)}") }
      check(items, list)
    case .map(let map):
      if value == .null { return }
      guard case .object(let object) = value else { return add("expected map, got &{\(value.goDescription)}") }
      for (name, member) in object {
        path.append(.name(name))
        if let type = map.member(name) { check(member, type) } else { add("field not declared in schema") }
        path.removeLast()
      }
    }
  }

  private mutating func check(_ items: [JSONValue], _ list: MergeType.List) {
    var seen = Set<FieldElement>()
    for (index, item) in items.enumerated() {
      var element = FieldElement.index(index)
      if !list.isAtomic {
        do {
          element = try list.element(of: item)
        } catch {
          return add("element \(index): \(error.message)")
        }
        if !seen.insert(element).inserted, !allowsDuplicates {
          add("duplicate entries for key \(element)")
        }
      }
      path.append(element)
      check(item, list.element)
      path.removeLast()
    }
  }

  /// Nil where the value is a scalar of the kind, or null.
  static func problem(_ value: JSONValue?, _ scalar: MergeType.Scalar) -> String? {
    guard let value, value != .null else { return nil }
    switch scalar {
    case .numeric: return value.isNumber ? nil : "expected numeric (int or float), got \(value.goType)"
    case .string:
      return value.stringValue != nil
        ? nil : "expected string, got &value.valueUnstructured{Value:\(value.goSyntax)}"
    case .boolean: return value.boolValue != nil ? nil : "expected boolean, got &{\(value.goDescription)}"
    case .any: return value.isContainer ? "expected any scalar, got &{\(value.goDescription)}" : nil
    }
  }
}

/// A value that does not have the shape of its type.
struct MergeProblem: Sendable, Hashable {
  let path: String
  let message: String
}

extension MergeProblem: CustomStringConvertible {
  var description: String { path.isEmpty ? message : "\(path): \(message)" }
}

extension [MergeProblem] {
  /// All of them as one message.
  var message: String {
    count == 1 ? self[0].description : "errors:\n" + map { "  \($0)" }.joined(separator: "\n")
  }
}

extension JSONValue {
  /// As Go's `%#v` shows a decoded value.
  var goSyntax: String {
    switch self {
    case .null: "interface {}(nil)"
    case .string(let text): text.goQuoted
    case .array(let items): "[]interface {}{" + items.map(\.goSyntax).joined(separator: ", ") + "}"
    case .object(let object):
      "map[string]interface {}{"
        + object.sorted.map { "\($0.name.goQuoted):\($0.value.goSyntax)" }.joined(separator: ", ") + "}"
    default: goDescription
    }
  }
}
