import APIMachinery
import Testing

@testable import APIServer

/// Seats that macros of tests can change.
private final class Table {
  private var seats: SeatAllocation<String>

  init(_ count: Int) { seats = SeatAllocation(seats: count) }

  var levels: [SeatAllocation<String>.Level] { seats.levels }

  func configure(_ levels: [PriorityLevel]) -> (
    slots: [String: Int], started: [(item: String, seat: SeatAllocation<String>.Seat)]
  ) { seats.configure(levels) }

  func start(_ slot: Int, width: Int) -> SeatAllocation<String>.Seat? { seats.start(slot, width: width) }

  func wait(_ slot: Int, _ waiter: FairQueues<String>.Waiter) -> SeatAllocation<String>.Refusal? {
    seats.wait(slot, waiter)
  }

  func giveUp(_ slot: Int, _ ticket: Int, _ why: SeatAllocation<String>.Refusal) -> String? {
    seats.giveUp(slot, ticket, why)
  }

  func release(_ seat: SeatAllocation<String>.Seat, after seconds: Double)
    -> [(item: String, seat: SeatAllocation<String>.Seat)]
  { seats.release(seat, after: seconds) }
}

@Suite struct SeatAllocationTests {
  static func level(
    _ name: String, shares: Int64, lendable: Int64 = 0, borrowing: Int64? = nil, queues: Int64? = 8, length: Int64 = 50
  ) -> PriorityLevel {
    var limited: JSONObject = ["nominalConcurrencyShares": .integer(shares), "lendablePercent": .integer(lendable)]
    if let borrowing { limited["borrowingLimitPercent"] = .integer(borrowing) }
    if let queues {
      limited["limitResponse"] = [
        "type": "Queue",
        "queuing": [
          "queues": .integer(queues), "handSize": .integer(min(2, queues)), "queueLengthLimit": .integer(length),
        ],
      ]
    } else {
      limited["limitResponse"] = ["type": "Reject"]
    }
    return PriorityLevel([
      "metadata": ["name": .string(name)], "spec": ["type": "Limited", "limited": .object(limited)],
    ])
  }

  private func waiter(_ ticket: Int, flow: UInt64 = 0, width: Int = 1) -> FairQueues<String>.Waiter {
    .init(ticket: ticket, width: width, flow: flow, item: "\(flow)/\(ticket)")
  }

  @Test func shares() {
    let limits = SeatLimits.divide(
      600,
      among: [
        Self.level("a", shares: 100, lendable: 90), Self.level("b", shares: 40, lendable: 50, borrowing: 25),
        Self.level("c", shares: 5),
      ])
    #expect(
      limits == [
        SeatLimits(nominal: 414, lower: 41, upper: 1014), SeatLimits(nominal: 166, lower: 83, upper: 208),
        SeatLimits(nominal: 21, lower: 21, upper: 621),
      ])
  }

  /// What one level does not need another one gets, but for what is never lent and beyond what it may borrow.
  @Test func borrowing() throws {
    let seats = Table(20)
    let slots = seats.configure([
      Self.level("lender", shares: 10, lendable: 50), Self.level("borrower", shares: 10, borrowing: 30),
    ]).slots
    let (lender, borrower) = (try #require(slots["lender"]), try #require(slots["borrower"]))
    for _ in 0..<13 { #expect(seats.start(borrower, width: 1) != nil) }
    #expect(seats.start(borrower, width: 1) == nil)
    // The lender gets what it kept, and then waits for what it has lent.
    for _ in 0..<7 { #expect(seats.start(lender, width: 1) != nil) }
    #expect(seats.start(lender, width: 1) == nil)
  }

  @Test func aLevelBelowItsShareComesFirst() throws {
    let seats = Table(4)
    let slots = seats.configure([
      Self.level("lender", shares: 10, lendable: 100), Self.level("borrower", shares: 10),
    ]).slots
    let (lender, borrower) = (try #require(slots["lender"]), try #require(slots["borrower"]))
    var taken: [SeatAllocation<String>.Seat] = []
    while let seat = seats.start(borrower, width: 1) { taken.append(seat) }
    #expect(taken.count == 4)
    #expect(seats.wait(borrower, waiter(1, flow: 1)) == nil)
    #expect(seats.wait(lender, waiter(2, flow: 2)) == nil)
    #expect(seats.wait(lender, waiter(3, flow: 3)) == nil)
    #expect(seats.release(taken.removeLast(), after: 0).map(\.item) == ["2/2"])
    #expect(seats.release(taken.removeLast(), after: 0).map(\.item) == ["3/3"])
    #expect(seats.release(taken.removeLast(), after: 0).map(\.item) == ["1/1"])
  }

  /// A flow with thousands of requests does not hold up another one with a few.
  @Test func flowsTakeTurns() throws {
    let seats = Table(1)
    let slots = seats.configure([Self.level("only", shares: 1, queues: 64, length: 10_000)]).slots
    let slot = try #require(slots["only"])
    var running = try #require(seats.start(slot, width: 1))
    let flood: UInt64 = 1
    let hand = Set(ShuffleSharding.hand(of: flood, size: 2, from: 64))
    let quiet = try #require(
      (2...UInt64.max).first { hand.isDisjoint(with: ShuffleSharding.hand(of: $0, size: 2, from: 64)) })
    for ticket in 0..<2000 { #expect(seats.wait(slot, waiter(ticket, flow: flood)) == nil) }
    for ticket in 2000..<2005 { #expect(seats.wait(slot, waiter(ticket, flow: quiet)) == nil) }
    var order: [String] = []
    while let next = seats.release(running, after: 0.005).first {
      order.append(next.item)
      running = next.seat
    }
    #expect(order.count == 2005)
    let last = try #require(order.lastIndex { $0.hasPrefix("\(quiet)/") })
    #expect(last < 25)
  }

  @Test func fullQueuesAndNone() throws {
    let seats = Table(2)
    let slots = seats.configure([
      Self.level("queue", shares: 1, borrowing: 0, queues: 1, length: 2),
      Self.level("reject", shares: 1, borrowing: 0, queues: nil),
    ]).slots
    let (queue, reject) = (try #require(slots["queue"]), try #require(slots["reject"]))
    #expect(seats.start(queue, width: 1) != nil && seats.start(reject, width: 1) != nil)
    #expect(seats.start(reject, width: 1) == nil)
    #expect(seats.wait(reject, waiter(1)) == .concurrencyLimit)
    #expect(seats.wait(queue, waiter(2)) == nil)
    #expect(seats.wait(queue, waiter(3)) == nil)
    #expect(seats.wait(queue, waiter(4)) == .queueFull)
    #expect(seats.giveUp(queue, 2, .timeOut) == "0/2")
    #expect(seats.giveUp(queue, 2, .timeOut) == nil)
    #expect(seats.wait(queue, waiter(5)) == nil)
    #expect(seats.levels[queue].refused == [.queueFull: 1, .timeOut: 1])
  }

  /// A wide request is not overtaken by its own level's narrow ones, and none is wider than its level.
  @Test func wideRequests() throws {
    let seats = Table(4)
    let slot = try #require(seats.configure([Self.level("only", shares: 1, borrowing: 0)]).slots["only"])
    let one = try #require(seats.start(slot, width: 1))
    #expect(seats.start(slot, width: 9) == nil)
    #expect(seats.wait(slot, waiter(1, width: 9)) == nil)
    #expect(seats.start(slot, width: 1) == nil)
    let started = seats.release(one, after: 0)
    #expect(started.map(\.item) == ["0/1"])
    #expect(seats.levels[slot].inUse == 4)
  }

  /// Levels come and go while requests run and wait: nothing is lost, and no seat is counted twice.
  @Test func otherLevels() throws {
    let seats = Table(2)
    let old = try #require(seats.configure([Self.level("old", shares: 1)]).slots["old"])
    let running = [try #require(seats.start(old, width: 1)), try #require(seats.start(old, width: 1))]
    #expect(seats.wait(old, waiter(1, flow: 7)) == nil)
    let changed = seats.configure([Self.level("new", shares: 3)])
    #expect(changed.started.isEmpty)
    let new = try #require(changed.slots["new"])
    #expect(new != old)
    // The new level lends nothing, so what waits in the old one gets the seat that remains to it.
    #expect(seats.release(running[0], after: 0).isEmpty)
    let next = seats.release(running[1], after: 0)
    #expect(next.map(\.item) == ["7/1"])
    for one in next { _ = seats.release(one.seat, after: 0) }
    #expect(seats.levels.allSatisfy { $0.inUse == 0 && $0.executing == 0 && $0.waiting == 0 })
    for _ in 0..<2 { #expect(seats.start(new, width: 1) != nil) }
    #expect(seats.start(new, width: 1) == nil)
    // The slot of a level that has ended is another one's.
    #expect(seats.configure([Self.level("new", shares: 3), Self.level("third", shares: 3)]).slots["third"] == old)
  }

  @Test func otherQueues() throws {
    let seats = Table(1)
    let slot = try #require(seats.configure([Self.level("only", shares: 1, queues: 4)]).slots["only"])
    let running = try #require(seats.start(slot, width: 1))
    for ticket in 1...6 { #expect(seats.wait(slot, waiter(ticket, flow: UInt64(ticket))) == nil) }
    _ = seats.configure([Self.level("only", shares: 1, queues: 2, length: 1)])
    #expect(seats.levels[slot].waiting == 6)
    #expect(seats.wait(slot, waiter(7)) == .queueFull)
    var order = 0
    var current = running
    while let next = seats.release(current, after: 1).first {
      order += 1
      current = next.seat
    }
    #expect(order == 6)
  }

  @Test func handsAreOfDifferentQueues() {
    for hash in [0, 1, 12_345_678_901_234_567_890, .max] as [UInt64] {
      for (size, queues) in [(1, 1), (6, 128), (4, 16), (8, 8)] {
        let hand = ShuffleSharding.hand(of: hash, size: size, from: queues)
        #expect(Set(hand).count == size && hand.allSatisfy { (0..<queues).contains($0) })
      }
    }
    var used: Set<Int> = []
    for hash in UInt64(0)..<2000 {
      used.formUnion(ShuffleSharding.hand(of: hash &* 0x9E37_79B9_7F4A_7C15, size: 6, from: 128))
    }
    #expect(used.count == 128)
  }
}
