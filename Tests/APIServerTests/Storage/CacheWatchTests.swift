import APIMachinery
import Synchronization
import Testing

@testable import APIServer

/// Changes for a reader that waits are taken in its place; what is not taken wakes it, and nothing comes twice or out of order.
@Suite(.timeLimit(.minutes(1))) struct CacheWatchTests {
  /// Takes changes while it is willing.
  private final class Desk: Sendable {
    struct State {
      var isWilling = true
      var taken: [Int64] = []
    }
    let state = Mutex(State())

    func take(_ batch: CacheWatch.Batch) -> Bool {
      state.withLock { state in
        if state.isWilling { state.taken += batch.events.map(\.revision) }
        return state.isWilling
      }
    }
  }

  private let watch = CacheWatch(revision: 0) { _ in }
  private let desk = Desk()

  private func deliver(_ revisions: Int64...) {
    let events = revisions.map { ObjectEvent(revision: $0, current: nil, previous: nil) }
    ChangeDelivery.deliver(events, revision: revisions.last ?? 0, to: [watch])
  }

  /// Waits for changes, and delivers some once it does.
  private func read(_ whileWaiting: @Sendable () -> Void) async -> [Int64]? {
    async let batch = watch.next()
    while !watch.isAwaited { await Task.yield() }
    whileWaiting()
    return await batch?.events.map(\.revision)
  }

  @Test func changesAreTakenWhileTheReaderWaits() async throws {
    watch.set { [desk] batch, _ in desk.take(batch) }
    // Nobody waits yet.
    deliver(1)
    #expect(await watch.next()?.events.map(\.revision) == [1])
    let read = await read {
      deliver(2, 3)
      deliver(4)
      desk.state.withLock { $0.isWilling = false }
      deliver(5)
      // It has woken: what comes now is its own, also where it would be taken.
      desk.state.withLock { $0.isWilling = true }
      deliver(6)
    }
    #expect(desk.state.withLock { $0.taken } == [2, 3, 4])
    let rest = read == [5] ? try #require(await watch.next()).events.map(\.revision) : []
    #expect((read ?? []) + rest == [5, 6])
  }

  /// A mark tells what was taken.
  @Test func aMarkComesAfterWhatWasTaken() async throws {
    watch.set { [desk] batch, _ in desk.take(batch) }
    let read = await read {
      deliver(2)
      watch.mark()
      deliver(3)
    }
    #expect(desk.state.withLock { $0.taken } == [2])
    let rest = read == [] ? try #require(await watch.next()).events.map(\.revision) : []
    #expect((read ?? []) + rest == [3])
  }

  @Test func nothingIsTakenAfterTheEnd() async {
    watch.set { [desk] batch, _ in desk.take(batch) }
    let read = await read {
      watch.end()
      deliver(2)
    }
    #expect(read == nil)
    watch.set { [desk] batch, _ in desk.take(batch) }
    deliver(3)
    #expect(desk.state.withLock { $0.taken } == [])
  }

  /// What takes is given up with the watch's end: it may hold who follows the watch.
  @Test func theEndLetsGo() async {
    weak var held: Desk?
    do {
      let desk = Desk()
      held = desk
      watch.set { [desk] batch, _ in desk.take(batch) }
    }
    #expect(held != nil)
    watch.end()
    #expect(held == nil)
  }
}
