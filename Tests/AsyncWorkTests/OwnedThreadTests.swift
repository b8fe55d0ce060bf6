import AsyncWork
import Linux
import Synchronization
import Testing

@Suite struct OwnedThreadTests {
  /// The kernel's number of the calling thread.
  static func thread() throws -> String { try FileSystem.readLink("/proc/thread-self") }

  final class Order: Sendable {
    private let state = Mutex<[Int]>([])
    func append(_ number: Int) { state.withLock { $0.append(number) } }
    var numbers: [Int] { state.withLock { $0 } }
  }

  @Test func jobsRunInOrderOnOneThread() async throws {
    let thread = try OwnedThread(name: "test-owned")
    defer { thread.stop() }
    let order = Order()
    for number in 0..<200 { thread.submit { order.append(number) } }
    let first = try await thread.run { try Self.thread() }
    let second = try await thread.run { try Self.thread() }
    #expect(first == second)
    #expect(order.numbers == Array(0..<200))
    await #expect(throws: SystemError.self) { try await thread.run { throw SystemError(.busy, "test") } }
  }

  @Test func stopRunsWhatIsQueued() async throws {
    let thread = try OwnedThread(name: "test-owned")
    let counter = Counter()
    let last = try WakeUp()
    for _ in 0..<50 { thread.submit { counter.leave() } }
    thread.submit { last.signal() }
    thread.stop()
    last.wait()
    #expect(counter.total == 50)
  }

  actor OnThread {
    private let thread: OwnedThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    init(_ thread: OwnedThread) { self.thread = thread }
    func place() throws -> String { try OwnedThreadTests.thread() }
  }

  @Test func actorsCanLiveOnIt() async throws {
    let thread = try OwnedThread(name: "test-actor")
    let expected = try await thread.run { try Self.thread() }
    let actor = OnThread(thread)
    for _ in 0..<10 { #expect(try await actor.place() == expected) }
    thread.stop()
  }
}
