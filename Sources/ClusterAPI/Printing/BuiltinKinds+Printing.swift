import APIMachinery

extension BuiltinKinds {
  private static let functions: [String: Cell.Function] = [
    Cell.cluster, Cell.pods, Cell.workloads, Cell.networks, Cell.storage, Cell.events, Cell.admission,
  ].reduce(into: [:]) { $0.merge($1) { first, _ in first } }

  /// The cells of an object's row, one for each of the columns.
  ///
  /// - Parameters:
  ///   - columns: those of the kind (``ResourceVersion/printerColumns``).
  ///   - now: the time at which ages are counted.
  public func cells(of object: JSONValue, columns: [PrinterColumn], now: Timestamp) -> [JSONValue] {
    let cell = Cell(object: object, now: now)
    return columns.map { column in
      switch column.source {
      case .path(let path): cell.value(at: path) ?? (column.type == "integer" ? 0 : "")
      case .function(let name): Self.functions[name]?(cell) ?? ""
      }
    }
  }

  /// The row of an object: its cells, and where it is a pod that has ended a condition that says so.
  ///
  /// - Parameters: those of ``cells(of:columns:now:)``.
  public func row(of object: JSONValue, columns: [PrinterColumn], now: Timestamp) -> TableRow {
    let cells = cells(of: object, columns: columns, now: now)
    guard object["kind"] == "Pod", object["apiVersion"] == "v1" else { return TableRow(cells: cells) }
    let message: JSONValue
    let phase = object["status"]?["phase"] ?? ""
    switch phase {
    case "Succeeded": message = "The pod has completed successfully."
    case "Failed": message = "The pod failed."
    default: return TableRow(cells: cells)
    }
    return TableRow(
      cells: cells, conditions: [["type": "Completed", "status": "True", "reason": phase, "message": message]])
  }

  /// Whether there is a function of that name for columns.
  static func knowsColumn(_ name: String) -> Bool { functions[name] != nil }
}
