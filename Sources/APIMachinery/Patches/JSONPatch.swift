/// A list of changes to a JSON tree (RFC 6902), under Kubernetes' limits and with its leniencies: `replace` of a member
/// that is not there adds it, `add` without a value adds null, and a negative index counts from an array's end.
public struct JSONPatch: Sendable {
  /// How many operations a patch may have.
  public static let maximumOperations = 10_000
  /// How many bytes all `copy` operations of a patch together may copy, counted as JSON.
  public static let maximumCopies = 3 << 20

  private struct Operation {
    let kind: String
    let path: String?
    let from: String?
    let value: JSONValue?
  }

  private let operations: [Operation]

  /// Reads a patch.
  /// - Throws: a `badRequest` where the value is no list of objects; `requestEntityTooLarge` where it has too many.
  public init(_ value: JSONValue) throws(StatusError) {
    guard let elements = value.isNull ? [] : value.arrayValue else {
      throw .badRequest(
        "error decoding patch: json: cannot unmarshal \(value.goKind) into Go value of type []handlers.jsonPatchOp")
    }
    guard elements.count <= Self.maximumOperations else {
      throw .requestEntityTooLarge(
        "The allowed maximum operations in a JSON patch is \(Self.maximumOperations), got \(elements.count)")
    }
    var operations: [Operation] = []
    for element in elements {
      // Null is an operation of which nothing is known.
      guard element.objectValue != nil || element.isNull else {
        throw .badRequest(
          "error decoding patch: json: cannot unmarshal \(element.goKind) into Go value of type handlers.jsonPatchOp")
      }
      operations.append(
        Operation(
          kind: element["op"]?.stringValue ?? "unknown", path: element["path"]?.stringValue,
          from: element["from"]?.stringValue, value: element["value"]))
    }
    self.operations = operations
  }

  /// Reads a patch from a request's body.
  public init(_ body: [UInt8]) throws(StatusError) {
    let value: JSONValue
    do {
      value = try JSONValue(json: body)
    } catch {
      throw .badRequest(error.message)
    }
    try self.init(value)
  }

  public var count: Int { operations.count }

  /// The changed tree.
  /// - Throws: which operation does not apply, and why.
  public func applied(to document: JSONValue) throws(PatchFailure) -> JSONValue {
    var patched = Patched(document)
    for operation in operations { try Self.apply(operation, to: &patched) }
    return patched.document
  }

  private static func apply(_ operation: Operation, to patched: inout Patched) throws(PatchFailure) {
    let kind = operation.kind
    guard ["add", "remove", "replace", "move", "test", "copy"].contains(kind) else {
      throw PatchFailure("Unexpected kind: \(kind)")
    }
    var source: JSONPointer?
    if kind == "move" || kind == "copy" {
      guard let from = operation.from else {
        throw PatchFailure("\(kind) operation failed to decode from: missing value")
      }
      guard let pointer = JSONPointer(from), !pointer.tokens.isEmpty else {
        throw PatchFailure("\(kind) operation does not apply: doc is missing from path: \(from): missing value")
      }
      source = pointer
    }
    guard let text = operation.path else {
      throw PatchFailure("\(kind) operation failed to decode path: missing value")
    }
    guard let path = JSONPointer(text) else { throw Patched.missing(kind, text) }
    let value = operation.value ?? .null
    switch (kind, source) {
    case ("add", _): try patched.add(value, at: path, kind)
    case ("remove", _): _ = try patched.remove(at: path, kind)
    case ("replace", _): try patched.replace(value, at: path)
    case ("test", _): try patched.test(value, at: path)
    case ("move", let source?):
      let depth = patched.depth
      let moved = try patched.remove(at: source, kind)
      try patched.add(moved, at: path, kind, depth: depth - source.tokens.count)
    case (_, let source?): try patched.copy(from: source, to: path)
    default: break
    }
  }
}

/// Why an operation does not apply, in the words of the Go package that Kubernetes uses.
public struct PatchFailure: Error {
  public let message: String
  /// Nothing is wrong: a value is not the one that a `test` asks for.
  public let isTest: Bool

  init(_ message: String, isTest: Bool = false) {
    self.message = message
    self.isTest = isTest
  }

  /// What a client is told whose patch does not apply: as Kubernetes has it, not why.
  public var status: StatusError {
    StatusError(.invalid, "the server rejected our request due to an error in our request", details: .init())
  }
}
