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
  private let isByPrecedence: Bool

  init(_ target: ServedResource, _ kinds: BuiltinKinds) {
    let own = target.version.printerColumns
    let isCustom = target.resource.isCustom || own.isEmpty
    let columns = isCustom ? [Self.name] + (own.isEmpty ? [Self.age] : own) : own
    let paths: [JSONPathColumn?]? =
      isCustom
      ? columns.map { column in
        guard case .path(let path) = column.source else { return nil }
        return try? JSONPathColumn(type: column.type, path: path)
      } : nil
    let isByPrecedence =
      target.groupVersionKind.group == "flowcontrol.apiserver.k8s.io" && target.resource.plural == "flowschemas"
    self.init(columns: columns, paths: paths, kinds, isByPrecedence: isByPrecedence)
  }

  /// Those of a Scale, whatever it scales.
  static func scale(_ kinds: BuiltinKinds) -> TableColumns {
    let columns = [
      PrinterColumn(name: "Name", type: "string", description: name.description, source: name.source),
      PrinterColumn(
        name: "Desired", type: "integer", description: "How many replicas are wanted.", source: .path(".spec.replicas")),
      PrinterColumn(
        name: "Available", type: "integer", description: "How many replicas there are.",
        source: .path(".status.replicas")),
      PrinterColumn(name: "Age", type: "string", description: age.description, source: .function("age")),
    ]
    return TableColumns(columns: columns, paths: nil, kinds)
  }

  private init(
    columns: [PrinterColumn], paths: [JSONPathColumn?]?, _ kinds: BuiltinKinds, isByPrecedence: Bool = false
  ) {
    self.columns = columns
    self.paths = paths
    self.kinds = kinds
    self.isByPrecedence = isByPrecedence
    definitions = columns.map { column in
      TableColumn(
        name: column.name, type: column.type, format: column.format, description: column.description,
        priority: column.priority)
    }
  }

  /// The row of an object at a time. What cannot be read from the object stands there as nothing.
  func row(of object: StoredObject, now: Timestamp) -> TableRow {
    guard let paths else { return kinds.row(of: .object(object.tree()), columns: columns, now: now) }
    return TableRow(cells: paths.map { $0?.cell(object, now: now) ?? .null })
  }

  /// Objects in the order of their rows: flow schemas as they are tried, all others as they are listed.
  func ordered(_ objects: [StoredObject]) -> [StoredObject] {
    guard isByPrecedence else { return objects }
    let places = objects.enumerated().map { index, object in
      (object.tree()["spec"]?["matchingPrecedence"]?.integerValue ?? 0, index, object)
    }
    return places.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
  }
}
