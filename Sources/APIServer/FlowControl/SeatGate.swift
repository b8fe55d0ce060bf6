import HTTPService
import Synchronization

/// Gives out the server's seats: at once where there is room, at the price of a lock; else a request waits its turn.
final class SeatGate: Sendable {
  enum Outcome: Sendable {
    case seated(SeatAllocation<Waiting>.Seat)
    case refused(SeatAllocation<Waiting>.Refusal)
  }
  typealias Waiting = CheckedContinuation<Outcome, Never>
  typealias Refusal = SeatAllocation<Waiting>.Refusal

  /// A seat that was taken, to be given back.
  struct Seat: Sendable {
    fileprivate let seat: SeatAllocation<Waiting>.Seat
    /// Since when; nil for one that did not wait, whose time nobody needs.
    fileprivate let began: ContinuousClock.Instant?
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
    let (slots, started) = state.withLock { $0.seats.configure(levels) }
    for one in started { one.item.resume(returning: .seated(one.seat)) }
    return slots
  }

  /// What is known of the levels, for metrics.
  var levels: [SeatAllocation<Waiting>.Level] { state.withLock { $0.seats.levels } }

  /// - Parameters:
  ///   - width: seats that the request takes.
  ///   - flow: the hash of its flow, asked for where it has to wait.
  func take(_ slot: Int, width: Int, flow: () -> UInt64) async throws(Refusal) -> Seat {
    if let seat = state.withLock({ $0.seats.start(slot, width: width) }) { return Seat(seat: seat, began: nil) }
    let flow = flow()
    let ticket = state.withLock { state in
      state.ticket += 1
      return state.ticket
    }
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if let outcome = wait(slot, .init(ticket: ticket, width: width, flow: flow, item: continuation)) {
          continuation.resume(returning: outcome)
        }
      }
    } onCancel: {
      giveUp(slot, ticket, .cancelled)
    }
    switch outcome {
    case .seated(let seat): return Seat(seat: seat, began: seat.waited ? .now : nil)
    case .refused(let refusal): throw refusal
    }
  }

  /// - Returns: what became of the request at once; nil where it waits.
  private func wait(_ slot: Int, _ waiter: FairQueues<Waiting>.Waiter) -> Outcome? {
    let deadline = ContinuousClock.now + longestWait
    let (outcome, startsWatch) = state.withLock { state -> (Outcome?, Bool) in
      // There may be room by now.
      if let seat = state.seats.start(slot, width: waiter.width) { return (.seated(seat), false) }
      if Task.isCancelled { return (.refused(.cancelled), false) }
      if let refusal = state.seats.wait(slot, waiter) { return (.refused(refusal), false) }
      state.deadlines.append((waiter.ticket, slot, deadline))
      defer { state.isWatched = true }
      return (nil, !state.isWatched)
    }
    if startsWatch { Task { [self] in await watch() } }
    return outcome
  }

  private func giveUp(_ slot: Int, _ ticket: Int, _ why: Refusal) {
    state.withLock { $0.seats.giveUp(slot, ticket, why) }?.resume(returning: .refused(why))
  }

  /// Refuses those that have waited too long, as long as there may be any.
  private func watch() async {
    while let next = state.withLock({ Self.nextDeadline(&$0) }) {
      try? await Task.sleep(until: next)
      let now = ContinuousClock.now
      let late = state.withLock { state in
        let late = state.deadlines.prefix { $0.at <= now }
        state.deadlines.removeFirst(late.count)
        return late.compactMap { state.seats.giveUp($0.slot, $0.ticket, .timeOut) }
      }
      for one in late { one.resume(returning: .refused(.timeOut)) }
    }
  }

  private static func nextDeadline(_ state: inout State) -> ContinuousClock.Instant? {
    if let first = state.deadlines.first { return first.at }
    state.isWatched = false
    return nil
  }

  /// Gives a seat back, and lets those in whose turn it is.
  /// Gives a seat back when the answer is there, or has been sent: a watch gives it back when it starts.
  func giveBack(_ seat: Seat, after response: Response) -> Response {
    guard case .stream(let options, let write) = response.body, !options.endsWithServer else {
      give(back: seat)
      return response
    }
    let held = HeldSeat(self, seat)
    var response = response
    response.body = .stream(options) { writer in
      try await write(writer)
      withExtendedLifetime(held) {}
    }
    return response
  }

  /// A seat that is given back when nobody sends the answer any more, whether it has been sent or not.
  private final class HeldSeat: Sendable {
    private let gate: SeatGate
    private let seat: Seat

    init(_ gate: SeatGate, _ seat: Seat) {
      self.gate = gate
      self.seat = seat
    }

    deinit { gate.give(back: seat) }
  }

  func give(back seat: Seat) {
    let seconds = seat.began.map { began in
      let elapsed = (ContinuousClock.now - began).components
      return Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
    }
    let started = state.withLock { $0.seats.release(seat.seat, after: seconds ?? 0) }
    for one in started { one.item.resume(returning: .seated(one.seat)) }
  }
}
