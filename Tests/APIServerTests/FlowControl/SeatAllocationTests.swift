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
  ) { seats.configure(levels, at: now) }

  /// Seconds.
  var now = 0.0

  func adjust() -> [(item: String, seat: SeatAllocation<String>.Seat)] { seats.adjust(at: now) }

  func start(_ slot: Int, width: Int) -> SeatAllocation<String>.Seat? { seats.start(slot, width: width, at: now) }

  func wait(_ slot: Int, _ waiter: FairQueues<String>.Waiter) -> SeatAllocation<String>.Refusal? {
    seats.wait(slot, waiter, at: now)
  }

  func giveUp(_ slot: Int, _ ticket: Int, _ why: SeatAllocation<String>.Refusal) -> String? {
    seats.giveUp(slot, ticket, why, at: now)
  }

  func release(_ seat: SeatAllocation<String>.Seat, after seconds: Double)
    -> [(item: String, seat: SeatAllocation<String>.Seat)]
  { seats.release(seat, after: seconds, at: now) }
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

  /// What one level does not need another one gets after a while, but for what is never lent and beyond what it may
  /// borrow; and it gets it back.
  @Test func borrowing() throws {
    let seats = Table(20)
    let slots = seats.configure([
      Self.level("lender", shares: 10, lendable: 50), Self.level("borrower", shares: 10, borrowing: 30),
    ]).slots
    let (lender, borrower) = (try #require(slots["lender"]), try #require(slots["borrower"]))
    #expect(seats.levels[borrower].current == 13 && seats.levels[lender].current == 7)
    var borrowed: [SeatAllocation<String>.Seat] = []
    while let seat = seats.start(borrower, width: 1) { borrowed.append(seat) }
    #expect(borrowed.count == 13)
    #expect(seats.wait(borrower, waiter(0)) == nil)
    // The lender wants all of its own.
    var own = 0
    while seats.start(lender, width: 1) != nil { own += 1 }
    #expect(own == 7)
    for ticket in 1...9 { #expect(seats.wait(lender, waiter(ticket, flow: 9)) == nil) }
    seats.now += 10
    #expect(seats.adjust().map(\.item) == ["9/1", "9/2", "9/3"])
    #expect(seats.levels[lender].current == 10 && seats.levels[borrower].current == 10)
    // Who has borrowed gets nothing more before it is below its own.
    for _ in 0..<3 { #expect(seats.release(borrowed.removeLast(), after: 0).isEmpty) }
    #expect(seats.release(borrowed.removeLast(), after: 0).map(\.item) == ["0/0"])
  }

  /// What was wanted minutes ago still counts a little.
  @Test func lendingComesBackSlowly() throws {
    let seats = Table(100)
    let slots = seats.configure([
      Self.level("bursts", shares: 10, lendable: 100), Self.level("steady", shares: 10, lendable: 100),
    ]).slots
    let (bursts, steady) = (try #require(slots["bursts"]), try #require(slots["steady"]))
    var taken: [SeatAllocation<String>.Seat] = []
    while taken.count < 40, let seat = seats.start(bursts, width: 1) { taken.append(seat) }
    #expect(taken.count == 40)
    seats.now += 10
    _ = seats.adjust()
    for seat in taken { _ = seats.release(seat, after: 10) }
    // Who lends all of it still gets to work on one.
    #expect(seats.levels[steady].current == 0 && seats.start(steady, width: 1) != nil)
    for ticket in 0..<9 { #expect(seats.wait(steady, waiter(ticket)) == nil) }
    var before = seats.levels[bursts].current
    #expect(before == 100)
    for _ in 0..<100 {
      seats.now += 10
      _ = seats.adjust()
      #expect(seats.levels[bursts].current <= before)
      before = seats.levels[bursts].current
    }
    #expect(before < 50 && seats.levels[steady].inUse == 10)
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

  /// A wide request is not overtaken by its own level's narrow ones, and one that is wider than its level gets it all.
  @Test func wideRequests() throws {
    let seats = Table(4)
    let slot = try #require(seats.configure([Self.level("only", shares: 1, borrowing: 0)]).slots["only"])
    let one = try #require(seats.start(slot, width: 1))
    #expect(seats.start(slot, width: 9) == nil)
    #expect(seats.wait(slot, waiter(1, width: 9)) == nil)
    #expect(seats.start(slot, width: 1) == nil)
    let started = seats.release(one, after: 0)
    #expect(started.map(\.item) == ["0/1"])
    #expect(seats.levels[slot].inUse == 9)
    #expect(seats.start(slot, width: 1) == nil)
  }

  @Test func howWideARequestMayBe() throws {
    let seats = Table(600)
    let slots = seats.configure([
      Self.level("large", shares: 100), Self.level("small", shares: 1), Self.level("none", shares: 10, queues: nil),
    ]).slots
    func widest(_ name: String) throws -> Int? {
      let slot = try #require(slots[name])
      return seats.levels[slot].widest
    }
    // 15 % of 541, and one of six.
    #expect(try widest("large") == 82)
    #expect(try widest("small") == 1)
    #expect(try widest("none") == nil)
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

  /// Whatever happens, no seat is lost or given twice, nobody waits where there is room, and no level has more than it may.
  @Test(arguments: 0..<20) func nothingIsLost(seed: UInt64) throws {
    var random = Generator(state: seed &+ 1)
    let seats = Table(30)
    let names = ["a", "b", "c"]
    let levels = [
      Self.level("a", shares: 10, lendable: 50), Self.level("b", shares: 20, lendable: 90, borrowing: 20),
      Self.level("c", shares: 5, queues: 4, length: 5),
    ]
    var slots = seats.configure(levels).slots
    var running: [SeatAllocation<String>.Seat] = []
    var waiting: Set<String> = []
    func take(_ started: [(item: String, seat: SeatAllocation<String>.Seat)]) {
      for one in started {
        #expect(waiting.remove(one.item) != nil)
        running.append(one.seat)
      }
    }
    for ticket in 0..<600 {
      seats.now += Double(UInt64.random(in: 0...20, using: &random)) / 100
      let name = names[Int.random(in: 0..<names.count, using: &random)]
      let slot = try #require(slots[name])
      switch UInt64.random(in: 0...9, using: &random) {
      case 0: take(seats.adjust())
      case 1...4 where !running.isEmpty:
        take(seats.release(running.remove(at: Int.random(in: 0..<running.count, using: &random)), after: 0.1))
      case 5:
        let (others, started) = seats.configure(levels.filter { _ in Bool.random(using: &random) } + [levels[0]])
        take(started)
        slots.merge(others) { $1 }
        let all = seats.configure(levels)
        take(all.started)
        slots = all.slots
      default:
        let width = Int.random(in: 1...4, using: &random)
        if let seat = seats.start(slot, width: width) {
          running.append(seat)
        } else {
          let new = waiter(ticket, flow: UInt64(ticket % 7), width: width)
          if seats.wait(slot, new) == nil { waiting.insert(new.item) }
        }
      }
      #expect(seats.levels.reduce(0) { $0 + $1.waiting } == waiting.count)
      #expect(seats.levels.reduce(0) { $0 + $1.executing } == running.count)
    }
    while !running.isEmpty { take(seats.release(running.removeLast(), after: 0.1)) }
    #expect(waiting.isEmpty)
    #expect(seats.levels.allSatisfy { $0.inUse == 0 })
  }
}

/// The same numbers for the same seed (Steele, Lea and Flood, "SplitMix").
struct Generator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
