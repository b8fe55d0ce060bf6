import APIMachinery
import ClusterAPI

/// The columns of a kind's table and what stands in them.
struct TableColumns {
  private static let name = PrinterColumn(
    name: "Name", type: "string", format: "name",
    description: "The name, unique among the objects of the kind in a namespace.", source: .path(".metadata.name"))
  private static let age = PrinterColumn(
    name: "Age", type: "date", description: "How long ago the object was made.",
    source: .path(".metadata.creationTimestamp"))

  let columns: [PrinterColumn]
  private let isCustom: Bool
  private let kinds: BuiltinKinds
  private let now = Timestamp.now

  init(_ target: ServedResource, _ kinds: BuiltinKinds) {
    self.kinds = kinds
    let own = target.version.printerColumns
    isCustom = target.resource.isCustom || own.isEmpty
    columns = isCustom ? [Self.name] + (own.isEmpty ? [Self.age] : own) : own
  }

  func cells(of object: JSONObject) -> JSONValue {
    guard isCustom else { return .array(kinds.cells(of: .object(object), columns: columns, now: now)) }
    return .array(columns.map { custom($0, object) })
  }

  private func custom(_ column: PrinterColumn, _ object: JSONObject) -> JSONValue {
    guard case .path(let path) = column.source else { return .null }
    let value = JSONPlace.value(object, JSONPlace.parts(path))
    guard column.type == "date" else { return value ?? .null }
    guard let time = Timestamp(value?.stringValue ?? "") else { return "<unknown>" }
    return .string(HumanDuration.text(seconds: Int64(now.seconds(since: time))))
  }
}
