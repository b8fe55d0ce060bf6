/// How values are distributed: how many lie in each of some buckets, how many there are, and what they add up to.
struct Histogram: Sendable {
  /// Upper ends of the buckets, ascending; what lies beyond the last one is in a bucket of its own.
  let bounds: [Double]
  /// Of each bucket, not added up.
  private(set) var buckets: [Int]
  private(set) var count = 0
  private(set) var sum = 0.0

  init(_ bounds: [Double]) {
    self.bounds = bounds
    buckets = Array(repeating: 0, count: bounds.count + 1)
  }

  mutating func observe(_ value: Double) {
    buckets[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
    count += 1
    sum += value
  }

  /// Of durations, in seconds.
  mutating func observe(_ duration: Duration) { observe(duration.inSeconds) }

  /// Takes what was seen elsewhere of one bucket.
  mutating func add(_ count: Int, within bucket: Int, sum: Duration) {
    buckets[bucket] += count
    self.count += count
    self.sum += sum.inSeconds
  }

  /// Takes what another one of the same bounds has seen.
  mutating func add(_ other: Histogram) {
    for (index, more) in other.buckets.enumerated() { buckets[index] += more }
    count += other.count
    sum += other.sum
  }
}

extension Duration {
  var inSeconds: Double {
    let parts = components
    return Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
  }
}

extension MetricsText {
  /// One series of a histogram.
  mutating func add(_ name: String, _ labels: [(String, String)], _ histogram: Histogram) {
    var sum = 0
    for (bound, count) in zip(histogram.bounds, histogram.buckets) {
      sum += count
      add("\(name)_bucket", labels + [("le", Self.number(bound))], sum)
    }
    add("\(name)_bucket", labels + [("le", "+Inf")], histogram.count)
    add("\(name)_sum", labels, histogram.sum)
    add("\(name)_count", labels, histogram.count)
  }
}
