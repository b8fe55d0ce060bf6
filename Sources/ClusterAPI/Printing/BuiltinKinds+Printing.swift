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
      case .path(let path): cell.value(at: path)
      case .function(let name): Self.functions[name]?(cell) ?? ""
      }
    }
  }

  /// Whether there is a function of that name for columns.
  static func knowsColumn(_ name: String) -> Bool { functions[name] != nil }
}
