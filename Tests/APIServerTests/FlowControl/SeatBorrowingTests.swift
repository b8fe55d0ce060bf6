import Testing

@testable import APIServer

@Suite struct SeatBorrowingTests {
  /// Everything is given out that may be; nobody gets less than they must or more than they may; and who is held by
  /// neither gets the same part of what they want as the others.
  @Test(arguments: 0..<200) func everySeatOnceAndFairly(seed: UInt64) {
    var random = Generator(state: seed &+ 1)
    let claims = (0..<Int.random(in: 1...12, using: &random)).map { _ in
      let lower = Double(Int.random(in: 0...50, using: &random))
      return SeatBorrowing.Claim(
        lower: lower, upper: lower + Double(Int.random(in: 0...200, using: &random)),
        target: lower + Double.random(in: 0...100, using: &random))
    }
    let total = Int.random(in: 0...2000, using: &random)
    let seats = SeatBorrowing.divide(total, among: claims).seats
    let (least, most) = (claims.reduce(0) { $0 + $1.lower }, claims.reduce(0) { $0 + $1.upper })
    #expect(abs(seats.reduce(0, +) - min(most, max(least, Double(total)))) < 0.001)
    var parts: [Double] = []
    for (claim, got) in zip(claims, seats) {
      #expect(got >= claim.lower && got <= claim.upper)
      if got > claim.lower + 0.001, got < claim.upper - 0.001 { parts.append(got / max(claim.target, 0.001)) }
    }
    if let part = parts.first { #expect(parts.allSatisfy { abs($0 - part) < 0.001 * max(1, part) }) }
  }

  @Test func nobodyWantsAnything() {
    let idle = SeatBorrowing.Claim(lower: 0, upper: 100, target: 0)
    #expect(SeatBorrowing.divide(50, among: [idle, idle]).seats.allSatisfy { abs($0 - 25) < 0.001 })
    #expect(SeatBorrowing.divide(50, among: []).seats.isEmpty)
  }
}

@Suite struct SeatDemandTests {
  @Test func whatWasWanted() {
    var demand = SeatDemand(at: 100)
    demand.set(4, at: 100)
    demand.set(8, at: 105)
    demand.set(2, at: 110)
    demand.settle(at: 110)
    #expect(demand.watermark == 8)
    // Six on average, and two more or less.
    #expect(abs(demand.smoothed - 8) < 0.001)
    // It is forgotten slowly, and noticed at once.
    demand.settle(at: 120)
    #expect(demand.watermark == 2)
    #expect(abs(demand.smoothed - (0.977 * 8 + 0.023 * 2)) < 0.001)
    demand.set(50, at: 120)
    demand.settle(at: 130)
    #expect(abs(demand.smoothed - 50) < 0.001)
  }

  @Test func noTimeChangesNothing() {
    var demand = SeatDemand(at: 5)
    demand.set(3, at: 5)
    demand.settle(at: 5)
    #expect(demand.watermark == 3 && demand.smoothed == 0)
    demand.settle(at: 4)
    #expect(demand.smoothed == 0)
  }
}

@Suite struct RetryAdviceTests {
  private func advice(_ refusals: [(second: Int, count: Int)]) -> Int {
    var advice = RetryAdvice()
    for (second, count) in refusals { for _ in 0..<count { advice.refuse(at: second) } }
    return advice.seconds
  }

  @Test func theMoreTheLater() {
    #expect(advice([(10, 100)]) == 1, "what happens in a second is known after it")
    #expect(advice([(10, 2), (11, 1)]) == 1)
    #expect(advice([(10, 3), (11, 1)]) == 2)
    // Not twice for the same flood.
    #expect(advice([(10, 9), (11, 9), (12, 9)]) == 2)
    #expect(advice([(10, 9), (11, 9), (12, 9), (13, 9)]) == 4)
    #expect(advice((10..<500).map { ($0, 200) }) == 32)
    // It becomes better when the flood is over.
    #expect(advice((10..<500).map { ($0, 200) } + [(600, 1), (700, 1)]) == 30)
  }
}
