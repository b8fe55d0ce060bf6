/// Why a strategic merge patch cannot be applied.
public struct StrategicMergeError: Error, Sendable, Hashable {
  public let code: Code
  /// In upstream's words.
  public let message: String

  private init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// How the request ends.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Value: String, Sendable { case badRequest, unprocessable, failed }
    private let value: Value
    public var description: String { value.rawValue }

    /// The patch is malformed (400).
    public static let badRequest = Code(value: .badRequest)
    /// The patch is understood but cannot be (422).
    public static let unprocessable = Code(value: .unprocessable)
    /// The patch does not fit the object. Upstream ends such a request with an internal error (500).
    public static let failed = Code(value: .failed)
  }

  static let badPrimitiveList = StrategicMergeError(.badRequest, "invalid patch format of primitive list")
  static let badRetainKeys = StrategicMergeError(.badRequest, "invalid patch format of retainKeys")
  static let badElementOrder = StrategicMergeError(.badRequest, "invalid patch format of setElementOrder list")
  /// For custom kinds.
  public static let unsupported = StrategicMergeError(.badRequest, "strategic merge patch format is not supported")
  static let listOfLists = StrategicMergeError(.unprocessable, "lists of lists are not supported")
  static let listMergeDirective = StrategicMergeError(.failed, "merging lists cannot yet be specified in the patch")
  static let noMergeKeyDeclared = StrategicMergeError(.failed, "cannot merge lists without merge key for struct")

  static func noMergeKey(_ key: String, in object: JSONObject) -> StrategicMergeError {
    let map = JSONValue.object(object).goDescription
    return StrategicMergeError(.failed, "map: \(map) does not contain declared merge key: \(key)")
  }

  static func unknownPatchType(_ directive: JSONValue, in object: JSONObject) -> StrategicMergeError {
    let map = JSONValue.object(object).goDescription
    return StrategicMergeError(.failed, "unknown patch type: \(directive.goDescription) in map: \(map)")
  }

  static func badArgument(expected: JSONValue, _ actual: JSONValue) -> StrategicMergeError {
    StrategicMergeError(.failed, "expected a \(expected.goType), but received a \(actual.goType)")
  }

  static func orderMismatch(_ items: [JSONValue], _ order: [JSONValue]) -> StrategicMergeError {
    let (items, order) = (JSONValue.array(items).goDescription, JSONValue.array(order).goDescription)
    return StrategicMergeError(
      .failed, "The order in patch list:\n\(items)\n doesn't match $setElementOrder list:\n\(order)\n")
  }

  static func mixedElements(_ original: [JSONValue], _ patch: [JSONValue]) -> StrategicMergeError {
    let lists = JSONValue.array([.array(original), .array(patch)]).goDescription
    return StrategicMergeError(.failed, "list element types are not identical: \(lists)")
  }

  static func unknownField(_ field: String, in structure: String) -> StrategicMergeError {
    StrategicMergeError(
      .failed, "unable to find api field in struct \(structure) for the json field \(field.goQuoted)")
  }

  static func noStructure(_ kind: String) -> StrategicMergeError {
    StrategicMergeError(.failed, "merging an object in json but data type is not struct, instead is: \(kind)")
  }
}

extension StrategicMergeError: CustomStringConvertible {
  public var description: String { message }
}
