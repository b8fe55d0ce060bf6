/// A named member of an object.
public struct SchemaProperty: Sendable {
  /// As in JSON.
  public let name: String
  public let schema: Schema
  public let isRequired: Bool

  public init(_ name: String, _ schema: Schema, required: Bool = false) {
    self.name = name
    self.schema = schema
    isRequired = required
  }
}

/// The named members of an object, in the order in which they were written, found by name.
public struct SchemaProperties: Sendable {
  /// Up to this many a search is faster than a table.
  private static let searched = 4

  private let list: [SchemaProperty]
  private let table: [String: Int]

  /// Of two properties of one name the later one counts.
  init(_ properties: [SchemaProperty]) {
    list = properties
    table =
      properties.count > Self.searched
      ? Dictionary(properties.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { $1 }) : [:]
  }

  public subscript(name: String) -> Schema? {
    if list.count > Self.searched { return table[name].map { list[$0].schema } }
    return list.last { $0.name == name }?.schema
  }
}

extension SchemaProperties: RandomAccessCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int { list.count }
  public subscript(position: Int) -> SchemaProperty { list[position] }
}
