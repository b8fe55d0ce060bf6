import APIMachinery
import ClusterAPI

/// The columns of a kind's table and what stands in them.
struct TableColumns: Sendable {
  private static let name = PrinterColumn(
    name: "Name", type: "string", format: "name",
    description: "The name, unique among the objects of the kind in a namespace.", source: .path(".metadata.name"))
  private static let age = PrinterColumn(
    name: "Age", type: "date", description: "How long ago the object was made.",
    source: .path(".metadata.creationTimestamp"))

  /// As the table's head has them.
  let definitions: [TableColumn]
  private let columns: [PrinterColumn]
  /// How cells of custom kinds are found; nil where a path is none. Nil as a whole for built-in kinds.
  private let paths: [JSONPathColumn?]?
  private let kinds: BuiltinKinds

  init(_ target: ServedResource, _ kinds: BuiltinKinds) {
    self.kinds = kinds
    let own = target.version.printerColumns
    let isCustom = target.resource.isCustom || own.isEmpty
    columns = isCustom ? [Self.name] + (own.isEmpty ? [Self.age] : own) : own
    paths =
      isCustom
      ? columns.map { column in
        guard case .path(let path) = column.source else { return nil }
        return try? JSONPathColumn(type: column.type, path: path)
      } : nil
    definitions = columns.map { column in
      TableColumn(
        name: column.name, type: column.type, format: column.format, description: column.description,
        priority: column.priority)
    }
  }

  /// The cells of an object at a time. What cannot be read from the object stands there as nothing.
  func cells(of object: StoredObject, now: Timestamp) -> [JSONValue] {
    guard let paths else { return kinds.cells(of: .object(object.tree()), columns: columns, now: now) }
    return paths.map { $0?.cell(object, now: now) ?? .null }
  }
}
