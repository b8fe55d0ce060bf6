/// Why a text is no JSON path.
public struct JSONPathError: Error, Sendable, Equatable, CustomStringConvertible {
  public let message: String
  public var description: String { message }
  init(_ message: String) { self.message = message }
}

/// A path to values in an object as `kubectl` and custom kinds write it: `.status.phase`, `.spec.ports[0].port`,
/// `.status.conditions[?(@.type=="Ready")].status`, `.metadata.labels['app\.io/name']`, `..image`.
///
/// Members that are not there are passed over. What `kubectl`'s templates know beyond paths (text, `range`) is no part
/// of it.
public struct JSONPath: Sendable {
  indirect enum Step: Sendable {
    case field(String)
    case wildcard
    /// All values below, the value itself first.
    case descent
    /// Elements from one index to before another; negative ones count from the end.
    case slice(from: Int?, to: Int?, step: Int?, isSingle: Bool)
    case union([[Step]])
    case filter(left: [Step], operation: String, right: [Step])
    case literal(JSONValue)
    /// A word that means nothing; only who looks for values is told.
    case unknown(String)
  }

  private let steps: [Step]
  /// The names of members, where the path has nothing else: such a path needs no tree.
  private let fields: [String]?

  /// - Throws: where the text is no path.
  public init(_ text: String) throws(JSONPathError) {
    var parser = JSONPathParser(text)
    steps = try parser.steps()
    var names: [String] = []
    for step in steps {
      guard case .field(let name) = step else { break }
      names.append(name)
    }
    fields = names.count == steps.count ? names : nil
  }

  /// All values that the path finds, in order.
  /// - Throws: where the path asks of a value what it does not have: an index beyond the end, elements of what is no
  ///   list, a comparison of different types.
  public func values(in value: JSONValue) throws(JSONPathError) -> [JSONValue] {
    try Self.walk(steps, [value])
  }

  /// The first value that the path finds in an object; nil where it finds none, or does not fit the object.
  public func first(in object: StoredObject) -> JSONValue? {
    if let fields {
      if fields == ["metadata", "resourceVersion"] { return .string(object.resourceVersion) }
      if fields != ["metadata"], !fields.isEmpty { return object.value(at: fields) }
    }
    return (try? values(in: .object(object.tree())))?.first
  }

  /// A value as `kubectl` prints it: a text as it is, objects and lists as JSON.
  public static func text(_ value: JSONValue) -> String {
    switch value {
    case .string(let text): text
    case .double(let number): number.goDescription
    case .null: "<no value>"
    default: value.jsonText(sortedKeys: true)
    }
  }

  // MARK: Walking

  private static let mostValues = 100_000

  private static func walk(_ steps: [Step], _ values: [JSONValue]) throws(JSONPathError) -> [JSONValue] {
    var current = values
    for step in steps {
      current = try walk(step, current)
      // Steps that multiply what they find must not do so without end.
      guard current.count <= mostValues else { throw JSONPathError("finds more than \(mostValues) values") }
    }
    return current
  }

  private static func walk(_ step: Step, _ values: [JSONValue]) throws(JSONPathError) -> [JSONValue] {
    var results: [JSONValue] = []
    switch step {
    case .field(let name): results = values.compactMap { $0[name] }
    case .wildcard: results = values.flatMap(children)
    case .descent: for value in values { descend(value, &results) }
    case .slice(let from, let to, let step, let isSingle):
      for value in values where !value.isNull {
        guard let elements = value.arrayValue else {
          throw JSONPathError("\(value.goKind) is not array or slice")
        }
        results += try slice(elements, from, to, step, isSingle)
      }
    case .union(let parts): for part in parts { results += try walk(part, values) }
    case .filter(let left, let operation, let right):
      for value in values {
        guard let elements = value.arrayValue else {
          throw JSONPathError("\(value.goKind) is not array or slice and cannot be filtered")
        }
        for element in elements where try passes(element, left, operation, right) { results.append(element) }
      }
    case .literal(let value): results = values.map { _ in value }
    case .unknown(let word): throw JSONPathError("unrecognized identifier \(word)")
    }
    return results
  }

  private static func children(_ value: JSONValue) -> [JSONValue] {
    switch value {
    case .object(let object): object.map(\.value)
    case .array(let elements): elements
    default: []
    }
  }

  private static func descend(_ value: JSONValue, _ results: inout [JSONValue]) {
    let below = children(value)
    guard !below.isEmpty else { return }
    results.append(value)
    for child in below { descend(child, &results) }
  }

  private static func slice(
    _ elements: [JSONValue], _ from: Int?, _ to: Int?, _ step: Int?, _ isSingle: Bool
  ) throws(JSONPathError) -> [JSONValue] {
    let count = elements.count
    var start = from ?? 0
    if start < 0 { start += count }
    var end = to ?? count
    if end < 0 || (end == 0 && isSingle) { end += count }
    if start == end { return [] }
    guard (0..<count).contains(start) else {
      throw JSONPathError("array index out of bounds: index \(start), length \(count)")
    }
    guard (0...count).contains(end) else {
      throw JSONPathError("array index out of bounds: index \(end - 1), length \(count)")
    }
    guard start < end else { throw JSONPathError("starting index \(start) is greater than ending index \(end)") }
    guard step ?? 1 > 0 else { throw JSONPathError("step must be > 0") }
    return stride(from: start, to: end, by: step ?? 1).map { elements[$0] }
  }

  private static func passes(
    _ element: JSONValue, _ left: [Step], _ operation: String, _ right: [Step]
  ) throws(JSONPathError) -> Bool {
    if operation.isEmpty { return finds(left, in: element) }
    let lefts = try walk(left, [element])
    guard let first = lefts.first else { return false }
    let rights = try walk(right, [element])
    guard let second = rights.first else { return false }
    guard lefts.count == 1, rights.count == 1 else { throw JSONPathError("can only compare one element at a time") }
    switch operation {
    case "==": return try equal(first, second)
    case "!=": return try !equal(first, second)
    case "<": return try less(first, second)
    case ">": return try less(second, first)
    case "<=": return try !less(second, first)
    case ">=": return try !less(first, second)
    default: throw JSONPathError("unrecognized filter operator \(operation)")
    }
  }

  /// Whether a path finds something in an element. A step that does not fit leaves what was found before it, as upstream's do: an
  /// unknown word and an index beyond the end are found everywhere (client-go, `util/jsonpath`, `evalFilter`).
  private static func finds(_ steps: [Step], in element: JSONValue) -> Bool {
    var current = [element]
    do throws(JSONPathError) {
      for step in steps {
        let next = try walk(step, current)
        guard next.count <= mostValues else { break }
        current = next
      }
      return !current.isEmpty
    } catch { return !current.isEmpty }
  }

  private static func equal(_ a: JSONValue, _ b: JSONValue) throws(JSONPathError) -> Bool {
    guard a.goKind == b.goKind else { throw JSONPathError("incompatible types for comparison") }
    return switch (a, b) {
    case (.integer(let a), .double(let b)), (.double(let b), .integer(let a)): Double(a) == b
    default: a == b
    }
  }

  private static func less(_ a: JSONValue, _ b: JSONValue) throws(JSONPathError) -> Bool {
    switch (a, b) {
    case (.integer(let a), .integer(let b)): return a < b
    case (.double(let a), .double(let b)): return a < b
    case (.integer(let a), .double(let b)): return Double(a) < b
    case (.double(let a), .integer(let b)): return a < Double(b)
    case (.string(let a), .string(let b)): return a < b
    default: throw JSONPathError("invalid type for comparison")
    }
  }
}
