/// A tree while a JSON patch changes it.
struct Patched {
  private(set) var document: JSONValue
  /// How deep the tree is at most. Operations that put trees under trees could make it deeper than can be walked.
  private(set) var depth: Int
  private var copied = 0
  /// How often the depth may still be measured where the bound is no longer below the limit.
  private var measurements = 16

  init(_ document: JSONValue) {
    self.document = document
    depth = document.depth
  }

  static func missing(_ kind: String, _ path: String) -> PatchFailure {
    let shown = kind == "add" || kind == "remove" ? "\"\(path)\"" : path
    return switch kind {
    case "move", "copy":
      PatchFailure("\(kind) operation does not apply: doc is missing destination path: \(path): missing value")
    case "test": PatchFailure("test operation does not apply: is missing path: \(path): missing value")
    default: PatchFailure("\(kind) operation does not apply: doc is missing path: \(shown): missing value")
    }
  }

  private mutating func note(depth new: Int) throws(PatchFailure) {
    depth = max(depth, new)
    guard depth > JSONReader.maximumWrittenDepth else { return }
    measurements -= 1
    guard measurements >= 0, new <= 2 * JSONReader.maximumDepth else { throw PatchFailure("exceeded max depth") }
    depth = document.depth
    guard depth <= JSONReader.maximumWrittenDepth else { throw PatchFailure("exceeded max depth") }
  }

  // MARK: Operations

  mutating func add(
    _ value: JSONValue, at path: JSONPointer, _ kind: String, depth: Int? = nil
  ) throws(PatchFailure) {
    let prefix = kind == "copy" ? "error while adding value during copy" : "error in \(kind) for path: '\(path)'"
    try change(path, Self.missing(kind, path.description)) { (container, token) throws(PatchFailure) in
      switch container {
      case .object(var object):
        container = .null
        object[token] = value
        container = .object(object)
      case .array(var elements):
        container = .null
        defer { container = .array(elements) }
        guard token != "-" else {
          elements.append(value)
          return
        }
        guard let index = Int(token) else {
          throw PatchFailure(
            "\(prefix): value was not a proper array index: '\(token)': \(Self.notNumber(token))")
        }
        let place = index < 0 ? index + elements.count + 1 : index
        guard (0...elements.count).contains(place) else { throw Self.wrongIndex(prefix, index) }
        elements.insert(value, at: place)
      default: break
      }
    }
    try note(depth: path.tokens.count + (depth ?? value.depth))
  }

  mutating func remove(at path: JSONPointer, _ kind: String) throws(PatchFailure) -> JSONValue {
    let prefix = "error in \(kind) for path: '\(kind == "move" ? path.tokens.last ?? "" : path.description)'"
    let missing =
      kind == "move"
      ? PatchFailure("move operation does not apply: doc is missing from path: \(path): missing value")
      : Self.missing(kind, path.description)
    return try change(path, missing) { (container, token) throws(PatchFailure) in
      switch container {
      case .object(var object):
        container = .null
        defer { container = .object(object) }
        guard let removed = object.remove(token) else {
          throw PatchFailure("\(prefix): Unable to remove nonexistent key: \(token): missing value")
        }
        return removed
      case .array(var elements):
        container = .null
        defer { container = .array(elements) }
        return elements.remove(at: try Self.index(token, in: elements, prefix))
      default: return .null
      }
    }
  }

  mutating func replace(_ value: JSONValue, at path: JSONPointer) throws(PatchFailure) {
    if path.tokens.isEmpty {
      guard value.arrayValue != nil || value.objectValue != nil else {
        throw PatchFailure("replace operation value must be object or array")
      }
      document = value
      depth = value.depth
      return
    }
    try change(path, Self.missing("replace", path.description)) { (container, token) throws(PatchFailure) in
      switch container {
      case .object(var object):
        container = .null
        object[token] = value
        container = .object(object)
      case .array(var elements):
        container = .null
        defer { container = .array(elements) }
        guard let index = try? Self.index(token, in: elements, "") else {
          throw PatchFailure("replace operation does not apply: doc is missing key: \(path): missing value")
        }
        elements[index] = value
      default: break
      }
    }
    try note(depth: path.tokens.count + value.depth)
  }

  func test(_ value: JSONValue, at path: JSONPointer) throws(PatchFailure) {
    let found: JSONValue?
    if path.tokens.isEmpty {
      found = document
    } else {
      guard let container = self.value(at: path.tokens.dropLast()), container.isContainer else {
        throw Self.missing("test", path.description)
      }
      found = try Self.child(container, path.tokens.last ?? "", "error in test for path: '\(path)'")
    }
    guard Self.areEqual(found ?? .null, value) else {
      throw PatchFailure("testing value \(path) failed: test failed", isTest: true)
    }
  }

  mutating func copy(from source: JSONPointer, to path: JSONPointer) throws(PatchFailure) {
    guard let container = self.value(at: source.tokens.dropLast()), container.isContainer else {
      throw PatchFailure("copy operation does not apply: doc is missing from path: \(source): missing value")
    }
    let found = try Self.child(container, source.tokens.last ?? "", "error in copy for from: '\(source)'") ?? .null
    copied += found.jsonBytes().count
    guard copied <= JSONPatch.maximumCopies else {
      throw PatchFailure(
        "Unable to complete the copy, the accumulated size increase of copy is \(copied), exceeding the limit "
          + "\(JSONPatch.maximumCopies)")
    }
    try add(found, at: path, "copy")
  }

  // MARK: Paths

  /// Numbers are equal when they are as numbers, whether they have a point or not.
  private static func areEqual(_ a: JSONValue, _ b: JSONValue) -> Bool {
    switch (a, b) {
    case (.integer(let a), .double(let b)), (.double(let b), .integer(let a)): return Double(a) == b
    case (.array(let a), .array(let b)): return a.count == b.count && zip(a, b).allSatisfy(areEqual)
    case (.object(let a), .object(let b)):
      return a.count == b.count && a.allSatisfy { member in b[member.name].map { areEqual(member.value, $0) } ?? false }
    default: return a == b
    }
  }

  private func value(at tokens: ArraySlice<String>) -> JSONValue? {
    var value = document
    for token in tokens {
      guard let next = (try? Self.child(value, token, "")) ?? nil else { return nil }
      value = next
    }
    return value
  }

  /// The member or element of that name; nil where an object has none.
  private static func child(_ value: JSONValue, _ token: String, _ prefix: String) throws(PatchFailure) -> JSONValue? {
    switch value {
    case .object(let object): return object[token]
    case .array(let elements): return elements[try index(token, in: elements, prefix)]
    default: return nil
    }
  }

  private static func index(_ token: String, in elements: [JSONValue], _ prefix: String) throws(PatchFailure) -> Int {
    guard let index = Int(token) else { throw PatchFailure("\(prefix): \(notNumber(token))") }
    let place = index < 0 ? index + elements.count : index
    guard elements.indices.contains(place) else { throw wrongIndex(prefix, index) }
    return place
  }

  private static func notNumber(_ token: String) -> String {
    "strconv.Atoi: parsing \(token.goQuoted): invalid syntax"
  }

  private static func wrongIndex(_ prefix: String, _ index: Int) -> PatchFailure {
    PatchFailure("\(prefix): Unable to access invalid index: \(index): invalid index referenced")
  }

  /// Changes the object or array that holds what a path names.
  private mutating func change<Result>(
    _ path: JSONPointer, _ missing: PatchFailure,
    _ body: (inout JSONValue, String) throws(PatchFailure) -> Result
  ) throws(PatchFailure) -> Result {
    guard let last = path.tokens.last else { throw missing }
    return try Self.descend(path.tokens.dropLast(), &document, missing) { (container) throws(PatchFailure) in
      try body(&container, last)
    }
  }

  private static func descend<Result>(
    _ tokens: ArraySlice<String>, _ value: inout JSONValue, _ missing: PatchFailure,
    _ body: (inout JSONValue) throws(PatchFailure) -> Result
  ) throws(PatchFailure) -> Result {
    guard value.isContainer else { throw missing }
    guard let token = tokens.first else { return try body(&value) }
    switch value {
    case .object(var object):
      guard let index = object.index(of: token) else { throw missing }
      value = .null
      defer { value = .object(object) }
      // What is changed is taken out, so that it has one owner and is not copied.
      var child = object.exchange(at: index, with: .null)
      defer { _ = object.exchange(at: index, with: child) }
      return try descend(tokens.dropFirst(), &child, missing, body)
    case .array(var elements):
      guard let index = try? index(token, in: elements, "") else { throw missing }
      value = .null
      defer { value = .array(elements) }
      return try descend(tokens.dropFirst(), &elements[index], missing, body)
    default: throw missing
    }
  }
}
