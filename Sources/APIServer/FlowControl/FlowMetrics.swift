import Synchronization

/// Counts what becomes of the requests of each schema in its priority level (Kubernetes, "API Priority and Fairness",
/// metrics).
final class FlowMetrics: Sendable {
  private static let lengths: [Double] = [0, 10, 25, 50, 100, 250, 500, 1000]
  private static let seatCounts: [Double] = [1, 2, 4, 10]
  private static let watchCounts: [Double] = [0, 1, 10, 100, 1000, 10_000]
  private static let bounds = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]

  struct Key: Hashable, Sendable {
    let level: String
    let schema: String

    fileprivate var labels: [(String, String)] { [("flow_schema", schema), ("priority_level", level)] }
  }

  private struct Entry {
    var waiting = 0
    var executing = 0
    var seats = 0
    var dispatched = 0
    var refused: [SeatGate.Refusal: Int] = [:]
    /// How long those waited that were seated, and those that were not.
    var waits = Histogram(FlowMetrics.bounds)
    var vainWaits = Histogram(FlowMetrics.bounds)
    var executions = Histogram(FlowMetrics.bounds)
    var watches = Histogram(FlowMetrics.bounds)
    /// Seats that requests take.
    var widths = Histogram(FlowMetrics.seatCounts)
    /// How many watched what writes change.
    var watchers = Histogram(FlowMetrics.watchCounts)
    /// Of the queues in which requests began to wait.
    var queueLengths = Histogram(FlowMetrics.lengths)
  }

  private let entries = Mutex<[Key: Entry]>([:])

  private func edit(_ key: Key, _ change: (inout Entry) -> Void) {
    entries.withLock { entries in
      // In place: each request comes by here three times.
      guard let index = entries.index(forKey: key) else { return change(&entries[key, default: Entry()]) }
      change(&entries.values[index])
    }
  }

  /// A request has come.
  /// - Parameter work: what it takes; nil where that does not matter.
  func arrive(_ key: Key, _ work: WorkEstimate? = nil) {
    edit(key) { entry in
      entry.waiting += 1
      guard let work else { return }
      entry.widths.observe(Double(work.seats))
      if let watchers = work.watchers { entry.watchers.observe(Double(watchers)) }
    }
  }

  /// It waits in a queue of so many, itself counted.
  func enqueue(_ key: Key, length: Int) { edit(key) { $0.queueLengths.observe(Double(length)) } }

  /// It has its seats.
  func seat(_ key: Key, seats: Int, after wait: Duration) {
    edit(key) { entry in
      entry.waiting -= 1
      entry.executing += 1
      entry.seats += seats
      entry.dispatched += 1
      entry.waits.observe(wait)
    }
  }

  /// It gets none.
  func refuse(_ key: Key, _ why: SeatGate.Refusal, after wait: Duration) {
    edit(key) { entry in
      entry.waiting -= 1
      entry.refused[why, default: 0] += 1
      entry.vainWaits.observe(wait)
    }
  }

  /// It is answered; a watch: it has begun.
  func end(_ key: Key, seats: Int, after time: Duration, isWatch: Bool) {
    edit(key) { entry in
      entry.executing -= 1
      entry.seats -= seats
      if isWatch { entry.watches.observe(time) } else { entry.executions.observe(time) }
    }
  }

  struct Totals {
    var waiting = 0
    var executing = 0
    var dispatched = 0
    var refused: [SeatGate.Refusal: Int] = [:]
  }

  /// What is known of all flows of a level.
  func totals(ofLevel level: String) -> Totals {
    entries.withLock { $0 }.filter { $0.key.level == level }.reduce(into: Totals()) { totals, one in
      totals.waiting += one.value.waiting
      totals.executing += one.value.executing
      totals.dispatched += one.value.dispatched
      totals.refused.merge(one.value.refused) { $0 + $1 }
    }
  }

  private static let prefix = "apiserver_flowcontrol_"

  /// - Parameter waitingSeats: those that requests want which wait.
  func write(_ text: inout MetricsText, waitingSeats: [Key: Int]) {
    let all = entries.withLock { $0 }.sorted { ($0.key.level, $0.key.schema) < ($1.key.level, $1.key.schema) }
    func numbers(_ name: String, _ type: String, _ help: String, _ value: (Entry) -> Int) {
      text.begin(Self.prefix + name, type, help)
      for (key, entry) in all { text.add(Self.prefix + name, key.labels, value(entry)) }
    }
    numbers("current_executing_requests", "gauge", "Requests that have a seat.") { $0.executing }
    numbers("current_executing_seats", "gauge", "Seats that are taken.") { $0.seats }
    numbers("current_inqueue_requests", "gauge", "Requests that wait for a seat.") { $0.waiting }
    text.begin(Self.prefix + "current_inqueue_seats", "gauge", "Seats that requests want which wait.")
    for (key, _) in all { text.add(Self.prefix + "current_inqueue_seats", key.labels, waitingSeats[key] ?? 0) }
    numbers("dispatched_requests_total", "counter", "Requests that have got a seat.") { $0.dispatched }
    text.begin(Self.prefix + "rejected_requests_total", "counter", "Requests that got no seat, and why.")
    for (key, entry) in all {
      for reason in SeatGate.Refusal.allCases {
        guard let count = entry.refused[reason] else { continue }
        text.add(Self.prefix + "rejected_requests_total", key.labels + [("reason", reason.rawValue)], count)
      }
    }
    func histograms(_ name: String, _ help: String, _ label: String, _ parts: [(String, KeyPath<Entry, Histogram>)]) {
      text.begin(Self.prefix + name, "histogram", help)
      for (key, entry) in all {
        for (value, part) in parts where entry[keyPath: part].count > 0 {
          text.add(Self.prefix + name, key.labels + [(label, value)], entry[keyPath: part])
        }
      }
    }
    histograms(
      "request_wait_duration_seconds", "How long requests waited for a seat.", "execute",
      [("false", \.vainWaits), ("true", \.waits)])
    histograms(
      "request_execution_seconds", "How long requests had a seat.", "type",
      [("regular", \.executions), ("watch", \.watches)])
    func plain(_ name: String, _ help: String, _ part: KeyPath<Entry, Histogram>) {
      text.begin(Self.prefix + name, "histogram", help)
      for (key, entry) in all where entry[keyPath: part].count > 0 {
        text.add(Self.prefix + name, key.labels, entry[keyPath: part])
      }
    }
    plain("work_estimated_seats", "Seats that requests take.", \.widths)
    plain("watch_count_samples", "How many watched what a write changes.", \.watchers)
    plain("request_queue_length_after_enqueue", "How many waited in a queue that a request has joined.", \.queueLengths)
  }
}

extension FlowControl {
  /// What `/metrics` says of levels and flows.
  func writeMetrics(_ text: inout MetricsText) {
    let levels = gate.levels.filter { !$0.isRetired }.sorted { $0.name < $1.name }
    func write<Value: CustomStringConvertible>(
      _ name: String, _ help: String, _ value: (SeatAllocation<SeatGate.Waiting>.Level) -> Value
    ) {
      let name = "apiserver_flowcontrol_" + name
      text.begin(name, "gauge", help)
      for level in levels { text.add(name, [("priority_level", level.name)], value(level)) }
    }
    write("nominal_limit_seats", "Seats that a level's shares are worth.") { $0.limits.nominal }
    write("lower_limit_seats", "Seats that nobody can borrow from a level.") { $0.limits.lower }
    write("upper_limit_seats", "Seats of a level with all that it may borrow.") { $0.limits.upper }
    write("current_limit_seats", "Seats of a level for now, with what it lends and borrows.") { $0.current }
    write("demand_seats_high_watermark", "The most seats that were wanted in the last period.") { $0.demand.watermark }
    write("demand_seats_average", "Seats that were wanted in the last period.") { $0.demand.average }
    write("demand_seats_stdev", "How much that has varied.") { $0.demand.deviation }
    write("demand_seats_smoothed", "Seats that are usually wanted, and a little more.") { $0.demand.smoothed }
    write("target_seats", "Seats that a level is to have where there are enough.") { $0.target }
    let fair = "apiserver_flowcontrol_seat_fair_frac"
    text.begin(fair, "gauge", "How much of its target each level has.")
    text.add(fair, [], gate.fairPart)
    var waiting: [FlowMetrics.Key: Int] = [:]
    for entry in requests.all.values where entry.began == nil {
      let key = FlowMetrics.Key(level: entry.place.level.name, schema: entry.place.schema.name)
      waiting[key, default: 0] += entry.work.seats
    }
    metrics.write(&text, waitingSeats: waiting)
  }
}
