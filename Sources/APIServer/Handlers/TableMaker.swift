import APIMachinery
import ClusterAPI

/// The table that `kubectl get` prints (`meta.k8s.io/v1` Table).
struct TableMaker {
  let target: ServedResource
  private let columns: TableColumns
  let version: String
  let includeObject: String

  /// - Throws: 400 for an `includeObject` that is not known.
  init(
    _ target: ServedResource, _ kinds: BuiltinKinds, _ form: ResponseForm, includeObject: String?
  ) throws(StatusError) {
    self.target = target
    columns = TableColumns(target, kinds)
    version = form.metaVersion
    self.includeObject = includeObject.flatMap { $0.isEmpty ? nil : $0 } ?? "Metadata"
    guard ["None", "Metadata", "Object"].contains(self.includeObject) else {
      throw .badRequest("unrecognized includeObject value: \(self.includeObject.goQuoted)")
    }
  }

  func table(_ objects: [JSONObject], _ envelope: ListEnvelope) throws(StatusError) -> JSONValue {
    var rows: [JSONValue] = []
    rows.reserveCapacity(objects.count)
    for object in objects {
      var row: JSONObject = ["cells": columns.cells(of: object)]
      switch includeObject {
      case "None": break
      case "Object": row["object"] = .object(object)
      default: row["object"] = PartialMetadata.of(object, version: version)
      }
      rows.append(.object(row))
    }
    return [
      "kind": "Table", "apiVersion": .string("meta.k8s.io/\(version)"), "metadata": envelope.metadata,
      "columnDefinitions": .array(columns.columns.map(Self.definition)), "rows": .array(rows),
    ]
  }

  private static func definition(_ column: PrinterColumn) -> JSONValue {
    [
      "name": .string(column.name), "type": .string(column.type), "format": .string(column.format),
      "description": .string(column.description), "priority": .integer(Int64(column.priority)),
    ]
  }
}
