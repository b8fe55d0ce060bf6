import Synchronization
import Testing

@testable import ContainerEngine

/// Keeps what a waiter was told.
private final class Told: Sendable {
  private let results = Mutex<[Result<ExitReport, EngineError>]>([])
  func take(_ result: Result<ExitReport, EngineError>) { results.withLock { $0.append(result) } }
  var codes: [Int32] {
    results.withLock { $0.compactMap { try? $0.get().exitCode } }
  }
}

@Suite struct ContainerWaitingTests {
  private func container(_ status: ContainerState.Status, exitCode: Int32 = 0) -> Container {
    var record = makeRecord()
    record.state.status = status
    record.state.exitCode = exitCode
    return Container(record)
  }

  @Test func notRunningAnswersAtOnce() {
    let told = Told()
    #expect(container(.exited, exitCode: 7).wait(.notRunning) { told.take($0) } == nil)
    #expect(told.codes == [7])
  }

  @Test func createdCountsAsNotRunning() {
    let told = Told()
    #expect(container(.created).wait(.notRunning) { told.take($0) } == nil)
    #expect(told.codes == [0])
  }

  @Test(arguments: [ContainerState.Status.running, .paused, .restarting])
  func runningOneIsWaitedFor(_ status: ContainerState.Status) {
    let told = Told()
    let container = container(status)
    #expect(container.wait(.notRunning) { told.take($0) } != nil)
    #expect(told.codes == [])
    container.announceExit(ExitReport(exitCode: 3, error: ""))
    #expect(told.codes == [3])
    container.announceExit(ExitReport(exitCode: 4, error: ""))
    #expect(told.codes == [3])
  }

  @Test func nextExitWaitsForTheStartToo() {
    let told = Told()
    let container = container(.created)
    #expect(container.wait(.nextExit) { told.take($0) } != nil)
    container.announceStartFailure(ExitReport(exitCode: 127, error: "no such file"))
    #expect(told.codes == [127])
  }

  @Test func removalIsAnnouncedToEverybody() {
    let told = Told()
    let container = container(.exited, exitCode: 5)
    _ = container.wait(.removed) { told.take($0) }
    _ = container.wait(.nextExit) { told.take($0) }
    container.announceExit(ExitReport(exitCode: 6, error: ""))
    #expect(told.codes == [6])
    container.announceRemoval()
    #expect(told.codes == [6, 5])
    #expect(container.isRemoved)
    #expect(container.wait(.removed) { told.take($0) } == nil)
    #expect(told.codes == [6, 5, 5])
  }

  @Test func waiterThatLeftIsNotTold() {
    let told = Told()
    let container = container(.running)
    if let key = container.wait(.notRunning, { told.take($0) }) { container.stopWaiting(key) }
    container.announceExit(ExitReport(exitCode: 1, error: ""))
    #expect(told.codes == [])
  }

  @Test func waitObjectGivesTheReport() async throws {
    let container = container(.running)
    let wait = ContainerWait(container, .notRunning)
    container.announceExit(ExitReport(exitCode: 9, error: "why"))
    let value = try await wait.value()
    #expect(value.exitCode == 9)
    #expect(value.error == "why")
  }

  @Test func cancelledWaitEnds() async {
    let wait = ContainerWait(container(.running), .notRunning)
    let task = Task { try await wait.value().exitCode }
    task.cancel()
    await #expect(throws: EngineError.self) { try await task.value }
  }
}

@Suite struct ContainerGraceTests {
  /// Clients and images may name any number of seconds.
  @Test(arguments: [-1, 3600, Int(Int32.max), Int(Int32.max) + 1, .max])
  func anEndIsSeenHoweverLongItMayTake(_ seconds: Int) async {
    var record = makeRecord()
    record.state.status = .running
    let container = Container(record)
    let wait = ContainerWait(container, .ended)
    let grace = Task { await wait.ends(within: seconds) }
    // Both sides of the race have begun when other tasks have had their turns.
    for _ in 0..<100 { await Task.yield() }
    container.announceExit(ExitReport(exitCode: 0, error: ""))
    #expect(await grace.value)
  }

  @Test func noEndInTimeIsTold() async {
    var record = makeRecord()
    record.state.status = .running
    #expect(await !ContainerWait(Container(record), .ended).ends(within: 0))
  }
}

@Suite struct RestartBackOffTests {
  @Test func delayDoublesUpToAMinute() {
    let container = Container(makeRecord())
    var delays: [Duration] = []
    for _ in 0..<12 { delays.append(container.nextRestartDelay(ranFor: 0)) }
    #expect(delays.prefix(4) == [.milliseconds(100), .milliseconds(200), .milliseconds(400), .milliseconds(800)])
    #expect(delays.last == .seconds(60))
  }

  @Test func longRunStartsOver() {
    let container = Container(makeRecord())
    _ = container.nextRestartDelay(ranFor: 0)
    _ = container.nextRestartDelay(ranFor: 0)
    #expect(container.nextRestartDelay(ranFor: 10_000_000_000) == .milliseconds(100))
    #expect(container.nextRestartDelay(ranFor: 9_999_999_999) == .milliseconds(200))
    container.resetRestartDelay()
    #expect(container.nextRestartDelay(ranFor: 0) == .milliseconds(100))
  }
}

@Suite struct ContainerTableTests {
  private let first = String(repeating: "ab", count: 32)
  private let second = "ab" + String(repeating: "cd", count: 31)

  private func table() -> ContainerTable {
    let table = ContainerTable()
    table.insert(Container(makeRecord(id: first, name: "one", created: 1)))
    table.insert(Container(makeRecord(id: second, name: "two", created: 2)))
    return table
  }

  @Test func newestFirst() { #expect(table().all().map(\.record.name) == ["two", "one"]) }

  @Test func findsByIDNameAndPrefix() throws {
    let table = table()
    #expect(try table.find(first).record.name == "one")
    #expect(try table.find("two").id == second)
    #expect(try table.find("/two").id == second)
    #expect(try table.find("abc").id == second)
  }

  @Test func nameComesBeforePrefix() throws {
    let table = table()
    let third = String(repeating: "9", count: 64)
    table.insert(Container(makeRecord(id: third, name: "abcd")))
    #expect(try table.find("abcd").id == third)
  }

  @Test func whatIsNotFound() {
    let table = table()
    func complaint(_ reference: String) -> String {
      refusal { () throws(EngineError) in _ = try table.find(reference) }
    }
    #expect(complaint("nothing") == "No such container: nothing")
    #expect(complaint("ab") == "multiple IDs found with provided prefix: ab")
    #expect(complaint("") == "No container name or ID supplied")
  }

  @Test func namesAreTakenOnce() throws {
    let table = table()
    let words = refusal { () throws(EngineError) in try table.reserve(name: "one", for: "other") }
    #expect(
      words
        == "Conflict. The container name \"/one\" is already in use by container \"\(first)\". You have to remove (or "
        + "rename) that container to be able to reuse that name.")
    try table.reserve(name: "one", for: first)
    table.release(name: "one", of: "other")
    #expect(table.isTaken(name: "one"))
    table.release(name: "one", of: first)
    #expect(!table.isTaken(name: "one"))
  }

  @Test func removalFreesTheName() throws {
    let table = table()
    table.remove(try table.find("one"))
    #expect(!table.isTaken(name: "one"))
    #expect(table.all().count == 1)
  }

  @Test func removalAfterRenameLeavesTheNewOwnersName() throws {
    let table = table()
    let one = try table.find("one")
    table.release(name: "one", of: first)
    try table.reserve(name: "one", for: "newcomer")
    table.remove(one)
    #expect(table.isTaken(name: "one"))
  }
}
