import HTTPService

extension FlowControl {
  private static let dumpPath = "/debug/api_priority_and_fairness/dump_priority_levels"

  private static let columns = [
    "PriorityLevelName", "ActiveQueues", "IsIdle", "IsQuiescing", "WaitingRequests", "ExecutingRequests",
    "DispatchedRequests", "RejectedRequests", "TimedoutRequests", "CancelledRequests",
  ]

  /// What goes on in each priority level, as a table for people (Kubernetes, "Flow control", diagnostics); nil where the
  /// request asks for something else.
  func dump(_ request: Request) -> Response? {
    guard request.path == Self.dumpPath, request.method == .get || request.method == .head else { return nil }
    let rows = gate.levels.sorted { $0.name < $1.name }.map { level -> [String] in
      // Requests that need no seat are no business of the gate's.
      let totals = metrics.totals(ofLevel: level.name)
      let refused = totals.refused
      return [
        level.name, String(level.queues?.activeCount ?? 0), String(totals.executing == 0 && totals.waiting == 0),
        String(level.isRetired), String(totals.waiting), String(totals.executing), String(totals.dispatched),
        String((refused[.concurrencyLimit] ?? 0) + (refused[.queueFull] ?? 0)), String(refused[.timeOut] ?? 0),
        String(refused[.cancelled] ?? 0),
      ]
    }
    return Response(.ok, text: AlignedText.table([Self.columns] + rows))
  }
}

/// Lines whose cells stand below each other, separated by commas.
enum AlignedText {
  private static let narrowest = 8

  static func table(_ rows: [[String]]) -> String {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
      max(Self.narrowest, (rows.compactMap { column < $0.count ? $0[column].count : nil }.max() ?? 0) + 2)
    }
    return rows.map { row in
      row.enumerated().map { index, cell in
        guard index < row.count - 1 else { return cell }
        return cell + "," + String(repeating: " ", count: widths[index] - cell.count - 1)
      }.joined() + "\n"
    }.joined()
  }
}
