import APIMachinery

/// Indexes of a job as one text, such as `1,3-5,7`: they increase, and are below the number of completions.
enum JobIndexes {
  /// Why a text names no indexes.
  struct Problem: Error {
    let text: String
  }

  /// How many indexes a text names.
  static func count(_ text: String, below completions: Int64) throws(Problem) -> Int64 {
    guard !text.isEmpty else { return 0 }
    var count: Int64 = 0
    var last: Int64?
    for part in parts(of: text) {
      let interval = try self.interval(part, below: completions)
      if let last, last >= interval.lowerBound { throw notIncreasing(last, interval.lowerBound) }
      count += Int64(interval.count)
      last = interval.upperBound
    }
    return count
  }

  /// The first index that both texts name; parts of them that name none are passed over.
  static func overlap(_ completed: String, _ failed: String, below completions: Int64) -> Int64? {
    func intervals(_ text: String) -> ArraySlice<ClosedRange<Int64>> {
      parts(of: text).compactMap { try? interval($0, below: completions) }[...]
    }
    var (completed, failed) = (intervals(completed), intervals(failed))
    while let first = completed.first, let second = failed.first {
      if first.overlaps(second) { return max(first.lowerBound, second.lowerBound) }
      if first.lowerBound <= second.lowerBound { completed.removeFirst() } else { failed.removeFirst() }
    }
    return nil
  }

  private static func parts(of text: String) -> [Substring] {
    text.split(separator: ",", omittingEmptySubsequences: false)
  }

  private static func interval(_ text: Substring, below completions: Int64) throws(Problem) -> ClosedRange<Int64> {
    let limits = text.split(separator: "-", omittingEmptySubsequences: false)
    guard limits.count <= 2 else {
      throw Problem(
        text:
          "the fragment \(String(text).goQuoted) violates the requirement that an index interval can have at most two parts separated by '-'"
      )
    }
    let first = try index(limits[0], below: completions)
    guard limits.count == 2 else { return first...first }
    let last = try index(limits[1], below: completions)
    guard first < last else { throw notIncreasing(first, last) }
    return first...last
  }

  private static func index(_ text: Substring, below completions: Int64) throws(Problem) -> Int64 {
    guard let number = Int64(text) else {
      throw Problem(text: "cannot convert string to integer for index: \(String(text).goQuoted)")
    }
    guard number < completions else { throw Problem(text: "too large index: \(String(text).goQuoted)") }
    return number
  }

  private static func notIncreasing(_ previous: Int64, _ current: Int64) -> Problem {
    Problem(text: "non-increasing order, previous: \(previous), current: \(current)")
  }
}
