/// Who has which of the server's seats, and who waits for one. Times and threads are its user's business.
///
/// Levels borrow seats of each other: every few seconds, all are divided anew by what was wanted of late.
struct SeatAllocation<Item> {
  /// One request's seats.
  struct Seat {
    fileprivate let slot: Int
    fileprivate let width: Int
    fileprivate let origin: FairQueues<Item>.Origin?
    /// Grows when the queues of a level are made anew.
    fileprivate let generation: Int
    /// Whether its time counts for whose turn it is.
    var waited: Bool { origin != nil }
    /// In which queue it has waited; nil where it has not.
    var queue: Int? { origin?.queue }
  }

  /// Why a request gets no seat; the word that metrics know it by.
  enum Refusal: String, Error, CaseIterable {
    case concurrencyLimit = "concurrency-limit"
    case queueFull = "queue-full"
    case timeOut = "time-out"
    case cancelled
  }

  struct Level {
    let name: String
    fileprivate(set) var limits: SeatLimits
    /// How many seats its requests may take for now.
    fileprivate(set) var current = 0
    fileprivate(set) var demand: SeatDemand
    /// Seats that it is to have where there are enough.
    fileprivate(set) var target = 0.0
    fileprivate(set) var inUse = 0
    /// Requests that run.
    fileprivate(set) var executing = 0
    fileprivate(set) var queues: FairQueues<Item>?
    fileprivate(set) var dispatched = 0
    fileprivate(set) var refused: [Refusal: Int] = [:]
    /// When those are to come again that were refused.
    fileprivate(set) var advice = RetryAdvice()
    /// Its object is gone; what is here still ends in order.
    fileprivate(set) var isRetired = false
    fileprivate var generation = 0
    fileprivate var configuration: PriorityLevel

    var waiting: Int { queues?.count ?? 0 }
    fileprivate var isIdle: Bool { executing == 0 && waiting == 0 }
    /// The most seats that one of its requests may take; nil where there are no queues.
    var widest: Int? {
      guard let queuing = configuration.queuing else { return nil }
      return max(1, min((limits.nominal * 15 + 99) / 100, limits.nominal / queuing.handSize))
    }
    fileprivate mutating func noteDemand(at now: Double) {
      demand.set(inUse + (queues?.waitingWidth ?? 0), at: now)
    }
  }

  /// By slot. A slot stays a level's as long as there is one.
  private(set) var levels: [Level] = []
  private let serverSeats: Int
  private var capacity = 0
  /// Which part of its target each level has.
  private(set) var fairPart = 0.0

  init(seats: Int) { serverSeats = seats }

  private func fits(_ level: Level, _ width: Int) -> Bool {
    // Who wants more than there is gets it when nobody else has any.
    width > level.current ? level.inUse == 0 : level.inUse + width <= level.current
  }

  /// Takes seats where they are free and nobody waits for them.
  /// - Parameter now: seconds, of a clock that never goes back, as for all that follows.
  mutating func start(_ slot: Int, width: Int, at now: Double) -> Seat? {
    guard levels[slot].waiting == 0, fits(levels[slot], width) else { return nil }
    defer { levels[slot].noteDemand(at: now) }
    return take(slot, width, origin: nil)
  }

  private mutating func take(_ slot: Int, _ width: Int, origin: FairQueues<Item>.Origin?) -> Seat {
    levels[slot].inUse += width
    levels[slot].executing += 1
    levels[slot].dispatched += 1
    return Seat(slot: slot, width: width, origin: origin, generation: levels[slot].generation)
  }

  /// Lets a request wait.
  /// - Returns: why it must not; nil where it waits now.
  mutating func wait(_ slot: Int, _ waiter: FairQueues<Item>.Waiter, at now: Double) -> Refusal? {
    let refusal: Refusal?
    if levels[slot].queues == nil {
      refusal = .concurrencyLimit
    } else {
      refusal = levels[slot].queues?.append(waiter) == true ? nil : .queueFull
    }
    if let refusal { refuse(slot, refusal, at: now) } else { levels[slot].noteDemand(at: now) }
    return refusal
  }

  /// Takes a request out that waits no longer; nil where it has a seat by now.
  mutating func giveUp(_ slot: Int, _ ticket: Int, _ why: Refusal, at now: Double) -> Item? {
    guard let waiter = levels[slot].queues?.remove(ticket) else { return nil }
    refuse(slot, why, at: now)
    levels[slot].noteDemand(at: now)
    return waiter.item
  }

  private mutating func refuse(_ slot: Int, _ why: Refusal, at now: Double) {
    levels[slot].refused[why, default: 0] += 1
    levels[slot].advice.refuse(at: Int(now))
  }

  /// Gives seats back.
  /// - Parameter seconds: how long they were used; 0 for one that did not wait.
  /// - Returns: who has got a seat by it.
  mutating func release(_ seat: Seat, after seconds: Double, at now: Double) -> [(item: Item, seat: Seat)] {
    levels[seat.slot].inUse -= seat.width
    levels[seat.slot].executing -= 1
    if let origin = seat.origin, seat.generation == levels[seat.slot].generation {
      levels[seat.slot].queues?.ended(origin, width: seat.width, seconds: seconds)
    }
    guard !levels[seat.slot].isRetired || !levels[seat.slot].isIdle else {
      // What it had is the others'.
      divide()
      return adjust(at: now)
    }
    let started = dispatch(seat.slot)
    levels[seat.slot].noteDemand(at: now)
    return started
  }

  /// Starts those of a level that wait and fit.
  private mutating func dispatch(_ slot: Int) -> [(item: Item, seat: Seat)] {
    var started: [(item: Item, seat: Seat)] = []
    while let width = levels[slot].queues?.nextWidth, fits(levels[slot], width),
      let (waiter, origin) = levels[slot].queues?.popFirst()
    {
      started.append((waiter.item, take(slot, waiter.width, origin: origin)))
    }
    return started
  }

  /// Divides the seats by what was wanted since the last time.
  /// - Returns: who has got a seat by it.
  mutating func adjust(at now: Double) -> [(item: Item, seat: Seat)] {
    let slots = levels.indices.filter { !levels[$0].configuration.isExempt && levels[$0].limits != .none }
    let claims = slots.map { slot in
      levels[slot].demand.settle(at: now)
      let (limits, demand) = (levels[slot].limits, levels[slot].demand)
      let lower = Double(max(limits.lower, min(limits.nominal, demand.watermark)))
      levels[slot].target = max(lower, demand.smoothed)
      return SeatBorrowing.Claim(lower: lower, upper: Double(limits.upper), target: levels[slot].target)
    }
    let division = SeatBorrowing.divide(capacity, among: claims)
    fairPart = division.part
    for (slot, seats) in zip(slots, division.seats) { levels[slot].current = Int(seats.rounded()) }
    return slots.flatMap { slot in
      defer { levels[slot].noteDemand(at: now) }
      return dispatch(slot)
    }
  }

  /// Takes another set of levels. Those that are not in it end when their last request does.
  /// - Returns: each level's slot, and who has got a seat by it.
  mutating func configure(
    _ wanted: [PriorityLevel], at now: Double
  ) -> (slots: [String: Int], started: [(item: Item, seat: Seat)]) {
    var slots: [String: Int] = [:]
    let names = Set(wanted.map(\.name))
    for slot in levels.indices where !names.contains(levels[slot].name) { levels[slot].isRetired = true }
    for level in wanted {
      if let slot = levels.firstIndex(where: { $0.name == level.name && !($0.isRetired && $0.isIdle) }) {
        slots[level.name] = slot
        levels[slot].isRetired = false
        levels[slot].configuration = level
        if levels[slot].queues?.settings != level.queuing { requeue(slot, level.queuing) }
        continue
      }
      let new = Level(
        name: level.name, limits: .none, demand: SeatDemand(at: now), queues: level.queuing.map { FairQueues($0) },
        configuration: level)
      if let slot = levels.firstIndex(where: { $0.isRetired && $0.isIdle }) {
        levels[slot] = new
        slots[level.name] = slot
      } else {
        levels.append(new)
        slots[level.name] = levels.count - 1
      }
    }
    divide()
    return (slots, adjust(at: now))
  }

  /// What waits moves to other queues, whatever their limit: it was let in. Where there are to be none it stays.
  private mutating func requeue(_ slot: Int, _ settings: PriorityLevel.Queuing?) {
    let waiters = levels[slot].queues?.removeAll() ?? []
    levels[slot].generation += 1
    let fallback = PriorityLevel.Queuing(queues: 1, handSize: 1, lengthLimit: 0)
    guard let settings = settings ?? (waiters.isEmpty ? nil : fallback) else {
      levels[slot].queues = nil
      return
    }
    var queues = FairQueues<Item>(settings)
    for waiter in waiters { _ = queues.append(waiter, limited: false) }
    levels[slot].queues = queues
  }

  private mutating func divide() {
    let slots = levels.indices.filter { !(levels[$0].isRetired && levels[$0].isIdle) }
    let limits = SeatLimits.divide(serverSeats, among: slots.map { levels[$0].configuration })
    for (slot, limits) in zip(slots, limits) { levels[slot].limits = limits }
    for slot in levels.indices where levels[slot].isRetired && levels[slot].isIdle {
      levels[slot].limits = .none
      levels[slot].current = 0
    }
    capacity = limits.reduce(0) { $0 + $1.nominal }
  }
}
