import Synchronization

/// Gives out the server's seats: at once where there is room, at the price of a lock; else a request waits its turn.
final class SeatGate: Sendable {
  enum Outcome: Sendable {
    case seated(SeatAllocation<Waiting>.Seat)
    case refused(SeatAllocation<Waiting>.Refusal)
  }
  typealias Waiting = CheckedContinuation<Outcome, Never>
  typealias Refusal = SeatAllocation<Waiting>.Refusal

  /// Why a request gets no seat, and when to come again.
  struct Rejection: Error, Equatable {
    let why: Refusal
    /// Seconds.
    let retryAfter: Int
  }

  /// A seat that was taken, to be given back.
  struct Seat: Sendable {
    fileprivate let seat: SeatAllocation<Waiting>.Seat
    /// In which queue the request has waited; nil where it has not.
    var queue: Int? { seat.queue }
    /// Since when; nil for one that did not wait, whose time nobody needs.
    fileprivate let began: ContinuousClock.Instant?
    /// For how long it stays taken when the request has its answer.
    fileprivate let afterwards: Duration
  }

  private struct State {
    var seats: SeatAllocation<Waiting>
    var ticket = 0
    /// Those that wait and those that have waited, the longest first.
    var deadlines: [(ticket: Int, slot: Int, at: ContinuousClock.Instant)] = []
    /// Somebody looks after the deadlines.
    var isWatched = false
  }
  private let state: Mutex<State>
  private let longestWait: Duration
  private let origin = ContinuousClock.now

  /// How often seats are divided anew: kube-apiserver's own period.
  private static let period = Duration.seconds(10)

  /// - Parameters:
  ///   - seats: how many requests the server works on at a time.
  ///   - longestWait: after which a request is refused.
  init(seats: Int, longestWait: Duration) {
    state = Mutex(State(seats: SeatAllocation(seats: seats)))
    self.longestWait = longestWait
  }

  /// Takes another set of levels.
  /// - Returns: each level's slot.
  func configure(_ levels: [PriorityLevel]) -> [String: Int] {
    let (slots, started) = state.withLock { $0.seats.configure(levels, at: now) }
    seat(started)
    return slots
  }

  /// Divides the seats by what was wanted of late, again and again, until the task is cancelled.
  func keepDividing() async {
    while (try? await Task.sleep(for: Self.period)) != nil { seat(state.withLock { $0.seats.adjust(at: now) }) }
  }

  private func seat(_ started: [(item: Waiting, seat: SeatAllocation<Waiting>.Seat)]) {
    for one in started { one.item.resume(returning: .seated(one.seat)) }
  }

  /// Seconds since the gate was made.
  private var now: Double { (ContinuousClock.now - origin) / .seconds(1) }

  /// The most seats that one request of a level may take; nil for no limit of the level's own.
  func widest(_ slot: Int) -> Int? { state.withLock { $0.seats.levels[slot].widest } }

  /// Which part of what it wants each level has.
  var fairPart: Double { state.withLock { $0.seats.fairPart } }

  /// What is known of the levels, for metrics.
  var levels: [SeatAllocation<Waiting>.Level] { state.withLock { $0.seats.levels } }

  /// - Parameters:
  ///   - width: seats that the request takes.
  ///   - afterwards: for how long they stay taken when it has its answer.
  ///   - number: the one by which others know the request.
  ///   - queued: told how many wait in the queue that it has joined.
  ///   - flow: the hash of its flow, asked for where it has to wait.
  func take(
    _ slot: Int, width: Int, afterwards: Duration = .zero, number: Int = 0,
    queued: (_ length: Int) -> Void = { _ in }, flow: () -> UInt64
  ) async throws(Rejection) -> Seat {
    if let seat = state.withLock({ $0.seats.start(slot, width: width, at: now) }) {
      return Seat(seat: seat, began: nil, afterwards: afterwards)
    }
    let flow = flow()
    let ticket = state.withLock { state in
      state.ticket += 1
      return state.ticket
    }
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let waiter = FairQueues<Waiting>.Waiter(
          ticket: ticket, width: width, flow: flow, number: number, item: continuation)
        if let outcome = wait(slot, waiter, queued) {
          continuation.resume(returning: outcome)
        }
      }
    } onCancel: {
      giveUp(slot, ticket, .cancelled)
    }
    switch outcome {
    case .seated(let seat): return Seat(seat: seat, began: seat.waited ? .now : nil, afterwards: afterwards)
    case .refused(let refusal):
      throw Rejection(why: refusal, retryAfter: state.withLock { $0.seats.levels[slot].advice.seconds })
    }
  }

  /// - Returns: what became of the request at once; nil where it waits.
  private func wait(
    _ slot: Int, _ waiter: FairQueues<Waiting>.Waiter, _ queued: (_ length: Int) -> Void
  ) -> Outcome? {
    let deadline = ContinuousClock.now + longestWait
    let (outcome, startsWatch, length) = state.withLock { state -> (Outcome?, Bool, Int?) in
      // There may be room by now.
      if let seat = state.seats.start(slot, width: waiter.width, at: now) { return (.seated(seat), false, nil) }
      if Task.isCancelled { return (.refused(.cancelled), false, nil) }
      if let refusal = state.seats.wait(slot, waiter, at: now) { return (.refused(refusal), false, nil) }
      state.deadlines.append((waiter.ticket, slot, deadline))
      defer { state.isWatched = true }
      return (nil, !state.isWatched, state.seats.levels[slot].queues?.length(ofQueueWith: waiter.ticket))
    }
    if let length { queued(length) }
    if startsWatch { Task { [self] in await watch() } }
    return outcome
  }

  private func giveUp(_ slot: Int, _ ticket: Int, _ why: Refusal) {
    state.withLock { $0.seats.giveUp(slot, ticket, why, at: now) }?.resume(returning: .refused(why))
  }

  /// Refuses those that have waited too long, as long as there may be any.
  private func watch() async {
    while let next = state.withLock({ Self.nextDeadline(&$0) }) {
      try? await Task.sleep(until: next)
      let present = ContinuousClock.now
      let late = state.withLock { state in
        let late = state.deadlines.prefix { $0.at <= present }
        state.deadlines.removeFirst(late.count)
        return late.compactMap { state.seats.giveUp($0.slot, $0.ticket, .timeOut, at: now) }
      }
      for one in late { one.resume(returning: .refused(.timeOut)) }
    }
  }

  private static func nextDeadline(_ state: inout State) -> ContinuousClock.Instant? {
    if let first = state.deadlines.first { return first.at }
    state.isWatched = false
    return nil
  }

  /// Gives a seat back when its time is over, and lets those in whose turn it is.
  func give(back seat: Seat) {
    guard seat.afterwards > .zero else { return release(seat) }
    Task {
      try? await Task.sleep(for: seat.afterwards)
      release(seat)
    }
  }

  private func release(_ seat: Seat) {
    let seconds = seat.began.map { (ContinuousClock.now - $0) / .seconds(1) }
    self.seat(state.withLock { $0.seats.release(seat.seat, after: seconds ?? 0, at: now) })
  }
}
