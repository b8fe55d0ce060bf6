/// A value in an expression (CEL language definition, "Values").
public enum CELValue: Sendable {
  case null
  case bool(Bool)
  case int(Int64)
  case uint(UInt64)
  case double(Double)
  case string(String)
  case bytes([UInt8])
  /// With the seconds east of UTC at which it was written, which only its text shows.
  case timestamp(Timestamp, offset: Int64 = 0)
  /// In nanoseconds.
  case duration(Int64)
  case list(CELList)
  case map(CELMap)
  case object(CELObject)
  case type(CELType)
  indirect case optional(CELValue?)
  /// A value of a library.
  case opaque(any CELOpaque)
  /// Fields that are made when they are asked for.
  case lazy(any CELLazyFields)
}

/// A value of a library, which only its functions understand.
public protocol CELOpaque: Sendable {
  var type: CELType { get }
  func isEqual(_ other: any CELOpaque) -> Bool
  /// What `size` of it costs are counted by.
  var costSize: UInt64 { get }
}

extension CELOpaque {
  public var costSize: UInt64 { 1 }
}

/// An object whose fields are found one by one.
public protocol CELLazyFields: Sendable {
  var type: CELType { get }
  /// The field; nil where there is none of that name.
  /// - Throws: ``CELEvaluationError``
  func field(_ name: String, _ frame: inout CELFrame) throws -> CELValue?
}

/// Why an expression has no value.
public struct CELEvaluationError: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String
  /// The expression has cost more than it may; no operator absorbs that.
  public let isLimit: Bool

  public init(_ description: String) {
    self.description = description
    isLimit = false
  }

  private init(limit description: String) {
    self.description = description
    isLimit = true
  }

  static let costLimit = CELEvaluationError(limit: "operation cancelled: actual cost limit exceeded")
  /// The evaluation waits for an answer that an authorizer does not have yet; it is begun anew when there is one.
  public static let suspended = CELEvaluationError(limit: "waiting for an authorization decision")
  static let noSuchOverload = CELEvaluationError("no such overload")
  static let integerOverflow = CELEvaluationError("integer overflow")
  static let unsignedOverflow = CELEvaluationError("unsigned integer overflow")

  static func noSuchKey(_ key: String) -> CELEvaluationError { CELEvaluationError("no such key: \(key)") }
  static func noSuchOverload(_ function: String, _ arguments: [CELValue]) -> CELEvaluationError {
    CELEvaluationError("no such overload: \(function)(\(arguments.map(\.typeName).joined(separator: ", ")))")
  }
}

extension CELValue {
  /// What `type(value)` is.
  var type: CELType {
    switch self {
    case .null: .null
    case .bool: .bool
    case .int: .int
    case .uint: .uint
    case .double: .double
    case .string: .string
    case .bytes: .bytes
    case .timestamp: .timestamp
    case .duration: .duration
    case .list: .list(.dynamic)
    case .map: .map(.dynamic, .dynamic)
    case .object(let object): object.type.map { .object($0) } ?? .opaque(object.typeName, [])
    case .type: .type(nil)
    case .optional: .optional(.dynamic)
    case .opaque(let value): value.type
    case .lazy(let value): value.type
    }
  }

  var typeName: String { type.runtimeName }

  /// Whether it can stand for an argument of a type; of what a list holds the first element tells.
  func fits(_ type: CELType) -> Bool {
    switch (self, type) {
    case (_, .dynamic), (_, .parameter): true
    case (.null, .null), (.bool, .bool), (.int, .int), (.uint, .uint), (.double, .double), (.string, .string),
      (.bytes, .bytes), (.timestamp, .timestamp), (.duration, .duration), (.map, .map), (.type, .type):
      true
    case (.list(let list), .list(let element)):
      // An element that is not of its schema fails where it is read.
      !element.isSimple || list.count == 0 || (try? list.element(0))?.fits(element) != false
    case (.object, .map): true
    case (.object(let value), .object(let type)): value.type == type
    case (.optional, .opaque("optional_type", _)): true
    case (.opaque(let value), .opaque(let name, _)): value.type.runtimeName == name
    default: false
    }
  }

  /// As Go's cel prints a key or an index in an error.
  var shownAsKey: String {
    switch self {
    case .string(let text): text
    case .int(let value): String(value)
    case .uint(let value): String(value)
    case .double(let value): value.goDescription
    case .bool(let value): String(value)
    case .null: "null"
    default: typeName
    }
  }

  /// What sizes count: scalars of a string, bytes, elements; 1 of all else.
  var costSize: UInt64 {
    switch self {
    case .string(let text): UInt64(text.scalarCount)
    case .bytes(let bytes): UInt64(bytes.count)
    case .list(let list): UInt64(list.count)
    case .map(let map): UInt64(map.count)
    case .object(let object): UInt64(object.count)
    case .optional(let value?): value.costSize
    case .opaque(let value): value.costSize
    default: 1
    }
  }
}

extension String {
  /// How many Unicode scalars there are; what CEL calls its size.
  var scalarCount: Int { utf8Span.isKnownASCII ? utf8.count : unicodeScalars.count }

  func hasSameScalars(_ other: String) -> Bool { utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8) }
}
