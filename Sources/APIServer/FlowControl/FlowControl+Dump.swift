import APIMachinery
import HTTPService

/// What goes on in levels, queues and requests, as tables for people (Kubernetes, "Flow control", diagnostics).
extension FlowControl {
  private static let root = "/debug/api_priority_and_fairness/"
  private static let none = "-1"

  /// Nil where the request asks for something else.
  func dump(_ request: Request) -> Response? {
    guard request.path.hasPrefix(Self.root), request.method == .get || request.method == .head else { return nil }
    switch request.path.dropFirst(Self.root.count) {
    case "dump_priority_levels": return Response(.ok, text: AlignedText.table(levelRows))
    case "dump_queues": return Response(.ok, text: AlignedText.table(queueRows))
    case "dump_requests":
      let isLong = !(request.query["includeRequestDetails"] ?? "").isEmpty
      return Response(.ok, text: AlignedText.table(requestRows(isLong: isLong)))
    default: return nil
    }
  }

  private var sortedLevels: [(slot: Int, level: SeatAllocation<SeatGate.Waiting>.Level)] {
    gate.levels.enumerated().map { ($0, $1) }.sorted { $0.level.name < $1.level.name }
  }

  private var levelRows: [[String]] {
    let columns = [
      "PriorityLevelName", "ActiveQueues", "IsIdle", "IsQuiescing", "WaitingRequests", "ExecutingRequests",
      "DispatchedRequests", "RejectedRequests", "TimedoutRequests", "CancelledRequests",
    ]
    return [columns]
      + sortedLevels.map { _, level in
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
  }

  private var queueRows: [[String]] {
    let columns = [
      "PriorityLevelName", "Index", "PendingRequests", "ExecutingRequests", "SeatsInUse", "NextDispatchR",
      "InitialSeatsSum", "MaxSeatsSum", "TotalWorkSum",
    ]
    let running = requests.all.values.filter { $0.began != nil && $0.queue != nil }
    return [columns]
      + sortedLevels.flatMap { slot, level in
        (level.queues?.digests ?? []).enumerated().map { index, queue in
          let own = running.filter { $0.place.slot == slot && $0.queue == index }
          return [
            level.name, String(index), String(queue.waiting.count), String(own.count),
            String(own.reduce(0) { $0 + $1.work.seats }), Self.seatSeconds(queue.start), String(queue.width),
            String(queue.width), Self.seatSeconds(queue.work),
          ]
        }
      }
  }

  private func requestRows(isLong: Bool) -> [[String]] {
    var columns = [
      "PriorityLevelName", "FlowSchemaName", "QueueIndex", "RequestIndexInQueue", "FlowDistingsher", "ArriveTime",
      "InitialSeats", "FinalSeats", "AdditionalLatency", "StartTime",
    ]
    if isLong {
      columns += ["UserName", "Verb", "APIPath", "Namespace", "Name", "APIVersion", "Resource", "SubResource"]
    }
    let all = requests.all
    let clock = (steady: ContinuousClock.now, wall: Timestamp.now)
    func row(_ entry: FlowRequests.Entry, queue: Int?, index: Int?) -> [String] {
      let (info, work) = (entry.info, entry.work)
      let row = [
        entry.place.level.name, entry.place.schema.name, queue.map(String.init) ?? Self.none,
        index.map(String.init) ?? Self.none, entry.place.schema.flow(of: entry.user, info),
        Self.time(entry.came, clock),
        String(work.seats), String(work.afterwards > .zero ? work.seats : 0),
        GoDuration.text(nanoseconds: Int64((work.afterwards / .nanoseconds(1)).rounded())),
        entry.began.map { Self.time($0, clock) } ?? "0001-01-01T00:00:00Z",
      ]
      guard isLong else { return row }
      let version = GroupVersion(group: info.group, version: info.version).apiVersion
      return row + [
        entry.user.name, info.verb, info.path, info.namespace, info.name, version, info.resource, info.subresource,
      ]
    }
    var rows: [[String]] = []
    let running = all.filter { $0.value.began != nil }.sorted { $0.key < $1.key }.map(\.value)
    for (slot, level) in sortedLevels {
      for (index, queue) in (level.queues?.digests ?? []).enumerated() {
        for (place, number) in queue.waiting.enumerated() {
          if let entry = all[number], entry.began == nil { rows.append(row(entry, queue: index, index: place)) }
        }
      }
      rows += running.filter { $0.place.slot == slot }.map { row($0, queue: $0.queue, index: nil) }
    }
    return [columns] + rows
  }

  /// A number of seats times seconds, with eight digits behind the point.
  private static func seatSeconds(_ value: Double) -> String {
    let parts = Int64((value * 1e8).rounded())
    let rest = String(abs(parts) % 100_000_000)
    return "\(parts / 100_000_000).\(String(repeating: "0", count: 8 - rest.count))\(rest)ss"
  }

  /// When something was, by both clocks' present time.
  private static func time(
    _ instant: ContinuousClock.Instant, _ clock: (steady: ContinuousClock.Instant, wall: Timestamp)
  ) -> String {
    let passed = Int64(((clock.steady - instant) / .nanoseconds(1)).rounded())
    let wall = clock.wall.seconds * 1_000_000_000 + Int64(clock.wall.nanoseconds) - passed
    return Timestamp(seconds: wall / 1_000_000_000, nanoseconds: Int32(wall % 1_000_000_000)).inMicroseconds
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
