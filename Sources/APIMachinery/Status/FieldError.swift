/// What is wrong with one field of an object, in the words of Kubernetes' validation:
/// `spec.replicas: Invalid value: -1: must be greater than or equal to 0`.
public struct FieldError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of failure: what a client reads in a cause's `reason`.
  public struct Kind: Hashable, Sendable, CustomStringConvertible {
    /// The machine-readable name.
    public let reason: String
    /// The words that begin a message.
    public let description: String
    let showsValue: Bool

    private init(_ reason: String, _ description: String, showsValue: Bool) {
      self.reason = reason
      self.description = description
      self.showsValue = showsValue
    }

    /// A value that is named elsewhere does not exist.
    public static let notFound = Kind("FieldValueNotFound", "Not found", showsValue: true)
    /// A value that must be there is not.
    public static let required = Kind("FieldValueRequired", "Required value", showsValue: false)
    /// Values that must differ do not.
    public static let duplicate = Kind("FieldValueDuplicate", "Duplicate value", showsValue: true)
    /// The value is malformed or out of bounds.
    public static let invalid = Kind("FieldValueInvalid", "Invalid value", showsValue: true)
    /// The value is none of those that are known.
    public static let notSupported = Kind(
      "FieldValueNotSupported", "Unsupported value", showsValue: true)
    /// The value is well-formed, but not permitted here.
    public static let forbidden = Kind("FieldValueForbidden", "Forbidden", showsValue: false)
    /// The value is too long to be shown.
    public static let tooLong = Kind("FieldValueTooLong", "Too long", showsValue: false)
    /// The value is too short.
    public static let tooShort = Kind("FieldValueTooShort", "Too short", showsValue: false)
    /// A list has too many items.
    public static let tooMany = Kind("FieldValueTooMany", "Too many", showsValue: true)
    /// A list has too few items.
    public static let tooFew = Kind("FieldValueTooFew", "Too few", showsValue: true)
    /// The value is not of the field's type.
    public static let typeInvalid = Kind("FieldValueTypeInvalid", "Invalid value", showsValue: true)
    /// The server failed, not the value.
    public static let `internal` = Kind("InternalError", "Internal error", showsValue: false)
  }

  public let kind: Kind
  /// The path of the field.
  public let field: String
  /// The value that is wrong; nil where a message omits it.
  public let value: JSONValue?
  public let detail: String
  /// The members of the value are shown as they stand, and not by their names: it is no map, but a structure of upstream's.
  private var isOrdered = false

  /// - Parameter value: nil where the message is to omit it.
  public init(_ kind: Kind, field: String, value: JSONValue?, detail: String = "") {
    self.kind = kind
    self.field = field
    self.value = value
    self.detail = detail
  }

  private init(_ kind: Kind, _ path: FieldPath, _ value: JSONValue?, _ detail: String) {
    self.init(kind, field: path.description, value: value, detail: detail)
  }

  /// The same failure, whose message shows the members of the value in the order in which they stand.
  public var inOrder: FieldError {
    var error = self
    error.isOrdered = true
    return error
  }

  /// The whole message.
  public var description: String { "\(field): \(body)" }

  /// The message without the field.
  public var body: String {
    var text = kind.description
    if kind.showsValue, let value { text += ": " + shown(value) }
    if !detail.isEmpty { text += ": " + detail }
    return text
  }

  private func shown(_ value: JSONValue) -> String {
    switch value {
    case .string(let text): text.goQuoted
    case .double(let number): number.goDescription
    default: value.goText(sortedKeys: !isOrdered)
    }
  }
}

extension FieldError {
  /// What the field names is not there.
  public static func notFound(_ path: FieldPath, _ value: JSONValue) -> FieldError {
    FieldError(.notFound, path, value, "")
  }

  /// The field must have a value.
  public static func required(_ path: FieldPath, _ detail: String = "") -> FieldError {
    FieldError(.required, path, "", detail)
  }

  /// The value is there already, where each may be but once.
  public static func duplicate(_ path: FieldPath, _ value: JSONValue) -> FieldError {
    FieldError(.duplicate, path, value, "")
  }

  /// The value breaks a rule, which the detail tells.
  public static func invalid(_ path: FieldPath, _ value: JSONValue?, _ detail: String) -> FieldError {
    FieldError(.invalid, path, value, detail)
  }

  /// The value is of another type.
  public static func typeInvalid(_ path: FieldPath, _ value: JSONValue?, _ detail: String)
    -> FieldError
  {
    FieldError(.typeInvalid, path, value, detail)
  }

  /// - Parameter values: those that are supported, in the order in which the message is to name them.
  public static func notSupported(_ path: FieldPath, _ value: JSONValue?, _ values: [String])
    -> FieldError
  {
    let list = values.map(\.goQuoted).joined(separator: ", ")
    return FieldError(.notSupported, path, value, values.isEmpty ? "" : "supported values: " + list)
  }

  /// The field may not be set, or not be changed; the detail tells why.
  public static func forbidden(_ path: FieldPath, _ detail: String) -> FieldError {
    FieldError(.forbidden, path, "", detail)
  }

  /// - Parameter maximum: in bytes; nil where the message does not tell.
  public static func tooLong(_ path: FieldPath, maximumBytes maximum: Int?) -> FieldError {
    let detail = maximum.map { "may not be more than \($0) \($0 == 1 ? "byte" : "bytes")" }
    return FieldError(.tooLong, path, "<value omitted>", detail ?? "value is too long")
  }

  /// - Parameter maximum: in characters (Unicode scalars).
  public static func tooLong(_ path: FieldPath, maximumCharacters maximum: Int) -> FieldError {
    FieldError(
      .tooLong, path, "<value omitted>",
      "may not be more than \(maximum) \(maximum == 1 ? "character" : "characters")")
  }

  /// - Parameter minimum: in characters (Unicode scalars).
  public static func tooShort(_ path: FieldPath, _ value: String, minimumCharacters minimum: Int)
    -> FieldError
  {
    FieldError(
      .tooShort, path, .string(value),
      "must be at least \(minimum) \(minimum == 1 ? "character" : "characters")")
  }

  /// - Parameters:
  ///   - count: how many there are; nil where the message does not tell.
  ///   - maximum: how many may be; nil where the message does not tell.
  public static func tooMany(_ path: FieldPath, count: Int?, maximum: Int?) -> FieldError {
    let detail = maximum.map { "must have at most \($0) \($0 == 1 ? "item" : "items")" }
    return FieldError(
      .tooMany, path, count.map { .integer(Int64($0)) }, detail ?? "has too many items")
  }

  /// A list or a map has fewer items than it must have.
  public static func tooFew(_ path: FieldPath, count: Int, minimum: Int) -> FieldError {
    FieldError(
      .tooFew, path, .integer(Int64(count)),
      "must have at least \(minimum) \(minimum == 1 ? "item" : "items")")
  }

  /// The server could not judge the field.
  public static func `internal`(_ path: FieldPath, _ error: String) -> FieldError {
    FieldError(.internal, path, .string(error), error)
  }
}

extension Sequence<FieldError> {
  /// All messages as one: `[first, second]`, each once; one alone stands without brackets; nil where there is none.
  public var aggregateMessage: String? { GoAggregate.message(map(\.description)) }
}
