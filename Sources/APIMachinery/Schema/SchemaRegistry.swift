import Synchronization

/// A named definition at a place where it is used.
///
/// It is bound once, by the registry that holds the definition; so definitions may refer to each other in circles.
public final class SchemaReference: Sendable {
  /// The definition's name, such as `io.k8s.api.core.v1.PodSpec`.
  public let name: String
  /// Set once. A lock that nobody holds is taken in a few instructions, where `AtomicLazyReference` takes hundreds.
  private let definition = Mutex<Schema?>(nil)

  public init(_ name: String) { self.name = name }

  /// The definition; nil until a registry has bound it.
  public var target: Schema? { definition.withLock { $0 } }

  fileprivate func bind(to schema: Schema) -> Bool {
    definition.withLock { definition in
      if definition == nil { definition = schema }
      return definition === schema
    }
  }
}

/// Named definitions that refer to each other: the types of built-in kinds.
///
/// Names are OpenAPI's: the parts of the package in reverse order, then the type (`io.k8s.api.core.v1.Pod`).
public final class SchemaRegistry: Sendable {
  public let definitions: [String: Schema]

  /// Binds every reference in the definitions, and those to definitions that `base` holds.
  ///
  /// - Throws: ``SchemaError`` where a name is nowhere defined, or a node is part of another registry already.
  public init(_ definitions: [String: Schema], base: SchemaRegistry? = nil) throws(SchemaError) {
    let all = (base?.definitions ?? [:]).merging(definitions) { $1 }
    for name in definitions.keys.sorted() {
      guard let schema = definitions[name] else { continue }
      try Self.bind(schema, of: name, to: all)
    }
    self.definitions = all
  }

  public subscript(name: String) -> Schema? { definitions[name] }

  /// A node that refers to a definition of this registry; nil where there is none of that name.
  public func reference(
    to name: String, description: String? = nil, default defaultValue: JSONValue? = nil
  ) -> Schema? {
    guard let schema = definitions[name] else { return nil }
    let reference = SchemaReference(name)
    _ = reference.bind(to: schema)
    return Schema(reference: reference, description: description, default: defaultValue)
  }

  private static func bind(_ root: Schema, of name: String, to definitions: [String: Schema])
    throws(SchemaError)
  {
    var remaining = [root]
    while let schema = remaining.popLast() {
      if let reference = schema.reference {
        guard let target = definitions[reference.name] else {
          throw SchemaError(
            .unknownDefinition, "the definition \(reference.name), used in \(name), does not exist")
        }
        guard reference.bind(to: target) else {
          throw SchemaError(
            .boundElsewhere,
            "the reference to \(reference.name) in \(name) belongs to another registry")
        }
      }
      remaining.append(contentsOf: schema.children)
    }
  }
}

extension Schema {
  /// The nodes below this one, without those of definitions that it refers to.
  public var children: [Schema] {
    var result = properties.map(\.schema)
    if case .schema(let schema) = additionalProperties { result.append(schema) }
    if let items { result.append(items) }
    if let rules {
      result += rules.allOf + rules.anyOf + rules.oneOf + (rules.not.map { [$0] } ?? [])
    }
    return result
  }
}

/// Why definitions do not make a registry, or a JSON schema is not one that can be used.
public struct SchemaError: Error, Sendable, Hashable {
  public let code: Code
  public let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Value: String, Sendable {
      case unknownDefinition, boundElsewhere, malformed, unsupported
    }
    private let value: Value
    public var description: String { value.rawValue }

    public static let unknownDefinition = Code(value: .unknownDefinition)
    public static let boundElsewhere = Code(value: .boundElsewhere)
    /// A member has a type that it may not have.
    public static let malformed = Code(value: .malformed)
    /// A word of JSON Schema's that Kubernetes does not take.
    public static let unsupported = Code(value: .unsupported)
  }
}

extension SchemaError: CustomStringConvertible {
  public var description: String { message }
}
