/// A column of a table (meta.k8s.io/v1 TableColumnDefinition).
public struct TableColumn: Sendable, Hashable {
  public var name: String
  /// `string`, `integer`, `number`, `boolean` or `date`.
  public var type: String
  /// `name` for the column that names the object; else mostly empty.
  public var format: String
  public var description: String
  /// Columns above 0 are shown on wide output only.
  public var priority: Int

  public init(name: String, type: String, format: String = "", description: String = "", priority: Int = 0) {
    self.name = name
    self.type = type
    self.format = format
    self.description = description
    self.priority = priority
  }

  public var json: JSONValue {
    [
      "name": .string(name), "type": .string(type), "format": .string(format), "description": .string(description),
      "priority": .integer(Int64(priority)),
    ]
  }
}

/// What a table says of one object (meta.k8s.io/v1 TableRow).
public struct TableRow: Sendable, Hashable {
  /// One for each column.
  public var cells: [JSONValue]
  /// Conditions of the row (TableRowCondition): `Completed`, which tells clients that nothing more is to be expected.
  public var conditions: [JSONValue]

  public init(cells: [JSONValue], conditions: [JSONValue] = []) {
    self.cells = cells
    self.conditions = conditions
  }
}

/// What a table holds of each object beside its cells: the parameter `includeObject`.
public enum IncludeObject: String, Sendable, Hashable {
  case none = "None"
  case metadata = "Metadata"
  case object = "Object"

  /// Reads the parameter; without one it is the metadata.
  /// - Throws: a `badRequest` in Kubernetes' words.
  public init(_ query: QueryParameters) throws(StatusError) {
    let text = query.text("includeObject")
    guard let known = text.isEmpty ? .metadata : IncludeObject(rawValue: text) else {
      let error = FieldError.invalid(
        FieldPath("includeObject"), .string(text), "must be 'Metadata', 'Object', 'None', or empty")
      throw .badRequest("Unable to convert to Table as requested: \(error)")
    }
    self = known
  }
}

/// Writes a table (meta.k8s.io/v1 Table), what `kubectl get` prints, out of cells and the bytes of objects.
public struct TableWriter: Sendable {
  public private(set) var bytes: [UInt8]
  private let include: IncludeObject
  private let version: String
  private var isEmpty = true

  /// - Parameters:
  ///   - columns: nil leaves the headers out, as in all events of a watch but the first.
  ///   - version: of the group meta.k8s.io.
  ///   - capacity: how many bytes to reserve.
  public init(
    columns: [TableColumn]?, _ meta: ListMeta, include: IncludeObject, version: String = "v1", capacity: Int = 4_096
  ) {
    self.include = include
    self.version = version
    var writer = JSONWriter(capacity: capacity)
    writer.append(verbatim: "{\"kind\":\"Table\",\"apiVersion\":")
    writer.append("meta.k8s.io/\(version)")
    writer.append(verbatim: ",\"metadata\":")
    writer.append(meta.json)
    writer.append(verbatim: ",\"columnDefinitions\":")
    writer.append(columns.map { .array($0.map(\.json)) } ?? .null)
    writer.append(verbatim: ",\"rows\":[")
    bytes = writer.bytes
  }

  /// Appends the row of an object.
  public mutating func append(_ row: TableRow, _ object: StoredObject) {
    if !isEmpty { bytes.append(UInt8(ascii: ",")) }
    isEmpty = false
    bytes += "{\"cells\":".utf8
    bytes += JSONValue.array(row.cells).jsonBytes()
    if !row.conditions.isEmpty {
      bytes += ",\"conditions\":".utf8
      bytes += JSONValue.array(row.conditions).jsonBytes()
    }
    bytes += ",\"object\":".utf8
    switch include {
    case .none: bytes += "null".utf8
    case .metadata: object.appendPartialMetadata(to: &bytes, version: version)
    case .object: object.appendServed(to: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  /// Ends the table. An answer ends with a line feed, a table in an event does not.
  public mutating func finish(withLineFeed: Bool = true) -> [UInt8] {
    bytes += [UInt8(ascii: "]"), UInt8(ascii: "}")]
    if withLineFeed { bytes.append(0x0A) }
    return bytes
  }
}
