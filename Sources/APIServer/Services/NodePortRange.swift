/// The ports that services are reached by on every node. As with cluster IPs, those that nobody asks for by number come
/// from the upper part as long as there are any (Kubernetes, "Avoid NodePort collisions").
struct NodePortRange: Sendable {
  let ports: ClosedRange<Int64>
  /// Where the upper part begins.
  private let upper: Int64

  init(_ ports: ClosedRange<Int64>) {
    self.ports = ports
    let size = Int64(ports.count)
    upper = ports.lowerBound + (size <= 16 ? 0 : min(max(16, size / 32), 128))
  }

  /// As error messages show it.
  var description: String { "\(ports.lowerBound)-\(ports.upperBound)" }

  /// A port that is free: a random one of the upper part, or else of the lower one.
  func pick(using generator: inout some RandomNumberGenerator, isFree: (Int64) -> Bool) -> Int64? {
    if upper <= ports.upperBound, let found = pick(upper...ports.upperBound, &generator, isFree) { return found }
    return upper > ports.lowerBound ? pick(ports.lowerBound...(upper - 1), &generator, isFree) : nil
  }

  private func pick(
    _ part: ClosedRange<Int64>, _ generator: inout some RandomNumberGenerator, _ isFree: (Int64) -> Bool
  ) -> Int64? {
    let start = Int64.random(in: part, using: &generator)
    var port = start
    repeat {
      if isFree(port) { return port }
      port = port == part.upperBound ? part.lowerBound : port + 1
    } while port != start
    return nil
  }
}
