/// Who has which of the server's seats, and who waits for one. Times and threads are its user's business.
///
/// A level always gets what nobody can borrow from it. Seats that a level could lend and does not need go to whoever
/// wants them, at once; a level below its own share comes first when a seat becomes free.
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
    fileprivate(set) var inUse = 0
    /// Requests that run.
    fileprivate(set) var executing = 0
    fileprivate(set) var queues: FairQueues<Item>?
    fileprivate(set) var dispatched = 0
    fileprivate(set) var refused: [Refusal: Int] = [:]
    /// Its object is gone; what is here still ends in order.
    fileprivate(set) var isRetired = false
    fileprivate var generation = 0
    fileprivate var configuration: PriorityLevel

    var waiting: Int { queues?.count ?? 0 }
    fileprivate var isIdle: Bool { executing == 0 && waiting == 0 }
    /// What others cannot have.
    fileprivate var held: Int { max(inUse, limits.lower) }
  }

  /// By slot. A slot stays a level's as long as there is one.
  private(set) var levels: [Level] = []
  private let serverSeats: Int
  private var capacity = 0
  /// The sum of what the levels hold.
  private var held = 0

  init(seats: Int) { serverSeats = seats }

  private func fits(_ level: Level, _ width: Int) -> Bool {
    let wanted = level.inUse + width
    guard wanted <= level.limits.upper else { return false }
    return wanted <= level.limits.lower || held - level.held + max(wanted, level.limits.lower) <= capacity
  }

  /// No request wants more than its level can ever have.
  private func clamped(_ width: Int, _ level: Level) -> Int { max(1, min(width, level.limits.upper)) }

  /// Takes seats where they are free and nobody waits for them.
  mutating func start(_ slot: Int, width: Int) -> Seat? {
    let width = clamped(width, levels[slot])
    guard levels[slot].waiting == 0, fits(levels[slot], width) else { return nil }
    return take(slot, width, origin: nil)
  }

  private mutating func take(_ slot: Int, _ width: Int, origin: FairQueues<Item>.Origin?) -> Seat {
    let before = levels[slot].held
    levels[slot].inUse += width
    levels[slot].executing += 1
    levels[slot].dispatched += 1
    held += levels[slot].held - before
    return Seat(slot: slot, width: width, origin: origin, generation: levels[slot].generation)
  }

  /// Lets a request wait.
  /// - Returns: why it must not; nil where it waits now.
  mutating func wait(_ slot: Int, _ waiter: FairQueues<Item>.Waiter) -> Refusal? {
    let width = clamped(waiter.width, levels[slot])
    let fitting = FairQueues<Item>.Waiter(ticket: waiter.ticket, width: width, flow: waiter.flow, item: waiter.item)
    let refusal: Refusal?
    if levels[slot].queues == nil {
      refusal = .concurrencyLimit
    } else {
      refusal = levels[slot].queues?.append(fitting) == true ? nil : .queueFull
    }
    if let refusal { levels[slot].refused[refusal, default: 0] += 1 }
    return refusal
  }

  /// Takes a request out that waits no longer; nil where it has a seat by now.
  mutating func giveUp(_ slot: Int, _ ticket: Int, _ why: Refusal) -> Item? {
    guard let waiter = levels[slot].queues?.remove(ticket) else { return nil }
    levels[slot].refused[why, default: 0] += 1
    return waiter.item
  }

  /// Gives seats back.
  /// - Parameter seconds: how long they were used; 0 for one that did not wait.
  /// - Returns: who has got a seat by it.
  mutating func release(_ seat: Seat, after seconds: Double) -> [(item: Item, seat: Seat)] {
    let before = levels[seat.slot].held
    levels[seat.slot].inUse -= seat.width
    levels[seat.slot].executing -= 1
    held += levels[seat.slot].held - before
    if let origin = seat.origin, seat.generation == levels[seat.slot].generation {
      levels[seat.slot].queues?.ended(origin, width: seat.width, seconds: seconds)
    }
    if levels[seat.slot].isRetired, levels[seat.slot].isIdle { divide() }
    return dispatch()
  }

  private mutating func dispatch() -> [(item: Item, seat: Seat)] {
    var started: [(item: Item, seat: Seat)] = []
    while let slot = neediest {
      guard let (waiter, origin) = levels[slot].queues?.popFirst() else { break }
      started.append((waiter.item, take(slot, waiter.width, origin: origin)))
    }
    return started
  }

  /// Of the levels whose next request fits, the one that has least of its own share.
  private var neediest: Int? {
    var best: (slot: Int, use: Double)?
    for slot in levels.indices {
      guard levels[slot].waiting > 0, let width = levels[slot].queues?.nextWidth, fits(levels[slot], width) else {
        continue
      }
      let use = Double(levels[slot].inUse) / Double(max(1, levels[slot].limits.nominal))
      if let known = best, known.use <= use { continue }
      best = (slot, use)
    }
    return best?.slot
  }

  /// Takes another set of levels. Those that are not in it end when their last request does.
  /// - Returns: each level's slot, and who has got a seat by it.
  mutating func configure(_ wanted: [PriorityLevel]) -> (slots: [String: Int], started: [(item: Item, seat: Seat)]) {
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
        name: level.name, limits: SeatLimits(nominal: 0, lower: 0, upper: 0),
        queues: level.queuing.map { FairQueues($0) }, configuration: level)
      if let slot = levels.firstIndex(where: { $0.isRetired && $0.isIdle }) {
        levels[slot] = new
        slots[level.name] = slot
      } else {
        levels.append(new)
        slots[level.name] = levels.count - 1
      }
    }
    divide()
    return (slots, dispatch())
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
      levels[slot].limits = SeatLimits(nominal: 0, lower: 0, upper: 0)
    }
    capacity = max(serverSeats, limits.reduce(0) { $0 + $1.nominal })
    held = levels.reduce(0) { $0 + $1.held }
  }
}
