import Synchronization

/// How long the plugins of admission take: each by itself, and all of a step together.
///
/// What is known of all plugins of a step is kept together, so that a request pays one look-up for all of them.
final class AdmissionTimes: Sendable {
  private static let bounds = [0.005, 0.025, 0.1, 0.5, 1, 2.5]
  /// The first of them.
  private static let quickest = Duration.milliseconds(5)

  private struct Key: Hashable {
    let isMutating: Bool
    let operation: AdmissionRequest.Operation
  }

  private struct Times {
    /// Nearly all of them: passed, and within the first bucket.
    private var quick = (count: 0, sum: Duration.zero)
    private var passed = Histogram(AdmissionTimes.bounds)
    private var rejected = Histogram(AdmissionTimes.bounds)

    mutating func observe(_ duration: Duration, isRejected: Bool) {
      if isRejected { return rejected.observe(duration) }
      guard duration <= AdmissionTimes.quickest else { return passed.observe(duration) }
      quick.count += 1
      quick.sum += duration
    }

    var all: [(isRejected: Bool, Histogram)] {
      var passed = passed
      passed.add(quick.count, within: 0, sum: quick.sum)
      return [(false, passed), (true, rejected)]
    }
  }

  private struct Entry {
    var step = Times()
    var plugins: [(name: String?, times: Times)]

    mutating func observe(_ round: [Int], _ laps: [ContinuousClock.Instant], _ all: Duration, isRejected: Bool) {
      step.observe(all, isRejected: isRejected)
      for index in 0..<min(laps.count - 1, round.count) {
        plugins[round[index]].times.observe(
          laps[index + 1] - laps[index], isRejected: isRejected && index == laps.count - 2)
      }
    }
  }

  private let entries = Mutex<[Key: Entry]>([:])

  /// - Parameters:
  ///   - names: of the plugins, in their order; those without one are counted with the step only.
  ///   - round: the places of those that the request was for.
  ///   - laps: when the first one began, and when each of those was done that were asked.
  ///   - isRejected: whether the last of these has refused the request.
  func record(
    _ step: AdmissionMetrics.Step, _ operation: AdmissionRequest.Operation, _ names: [String?],
    _ round: [Int], _ laps: [ContinuousClock.Instant], isRejected: Bool
  ) {
    guard let first = laps.first, let last = laps.last else { return }
    entries.withLock { entries in
      let key = Key(isMutating: step == .mutating, operation: operation)
      guard let place = entries.index(forKey: key) else {
        entries[key] = Entry(plugins: names.map { ($0, Times()) })
        entries[key]?.observe(round, laps, last - first, isRejected: isRejected)
        return
      }
      entries.values[place].observe(round, laps, last - first, isRejected: isRejected)
    }
  }

  func write(_ text: inout MetricsText) {
    let all = entries.withLock { $0 }.map { key, entry in
      (
        labels: { isRejected in
          [
            ("operation", key.operation.rawValue), ("rejected", String(isRejected)),
            ("type", key.isMutating ? "admit" : "validate"),
          ]
        } as (Bool) -> [(String, String)], entry: entry
      )
    }.sorted { $0.labels(false).map(\.1).lexicographicallyPrecedes($1.labels(false).map(\.1)) }
    let step = "apiserver_admission_step_admission_duration_seconds"
    text.begin(step, "histogram", "How long all plugins of a step of admission took together.")
    for one in all {
      for (isRejected, histogram) in one.entry.step.all where histogram.count > 0 {
        text.add(step, one.labels(isRejected), histogram)
      }
    }
    let controller = "apiserver_admission_controller_admission_duration_seconds"
    text.begin(controller, "histogram", "How long each plugin of admission took.")
    for one in all {
      for (name, times) in one.entry.plugins {
        guard let name else { continue }
        for (isRejected, histogram) in times.all where histogram.count > 0 {
          text.add(controller, [("name", name)] + one.labels(isRejected), histogram)
        }
      }
    }
  }
}
