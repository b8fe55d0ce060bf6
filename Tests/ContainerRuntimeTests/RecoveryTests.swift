import AsyncWork
import ContainerRuntime
import Linux
import Testing

@Suite(.enabled(if: RuntimeFixture.isPossible), .timeLimit(.minutes(1)))
struct RecoveryTests {
  @Test func aNewEngineAdoptsWhatRuns() async throws {
    try await RuntimeFixture.with { fixture in
      let process = try await fixture.runtime.create(fixture.specification("a", ["sleep", "100"]))
      try await fixture.runtime.start("a")
      _ = try await fixture.runtime.create(fixture.specification("b", ["true"]))
      let second = try fixture.successor()
      let ends = Ends(second)
      let found = try await second.recover()
      #expect(found.map(\.id) == ["a", "b"])
      #expect(found.first?.state == .running(process, isPaused: false))
      if case .created = found.last?.state {} else { Issue.record("\(String(describing: found.last))") }
      try await second.kill("a", signal: 15)
      try await second.kill("a", signal: 9)
      #expect(await ends.of("a").exitCode == 137)
      try await second.delete("a")
      try await second.delete("b")
      #expect(try await second.recover().isEmpty)
    }
  }

  @Test func aContainerWhoseRecordCannotBeReadForNowIsNotTakenForLost() async throws {
    try await RuntimeFixture.with { fixture in
      let process = try await fixture.runtime.create(fixture.specification("a", ["sleep", "100"]))
      try await fixture.runtime.start("a")
      let bundle = fixture.directory + "/run/containers/a"
      try FileSystem.rename(bundle + "/record.json", to: bundle + "/aside")
      try FileSystem.makeDirectory(bundle + "/record.json")
      let second = try fixture.successor()
      await #expect(throws: RuntimeError.self) { try await second.recover() }
      await #expect(throws: RuntimeError.self) { try await second.delete("a") }
      try FileSystem.removeDirectory(bundle + "/record.json")
      try FileSystem.rename(bundle + "/aside", to: bundle + "/record.json")
      #expect(try await second.recover().first?.state == .running(process, isPaused: false))
    }
  }

  @Test func exitCodesOfThoseThatEndedAreFound() async throws {
    try await RuntimeFixture.with { fixture in
      _ = try await fixture.runtime.create(fixture.sh("a", "exit 42"))
      try await fixture.runtime.start("a")
      _ = await fixture.ends.of("a")
      let found = try await fixture.successor().recover()
      guard case .ended(let exit)? = found.first?.state else {
        Issue.record("\(found)")
        return
      }
      #expect(exit.exitCode == 42)
    }
  }

  @Test func aKilledMonitorIsNoticed() async throws {
    try await RuntimeFixture.with { fixture in
      let process = try await fixture.runtime.create(fixture.specification("a", ["sleep", "100"]))
      try await fixture.runtime.start("a")
      let monitor = try #require(try RuntimeFixture.parent(of: process.pid))
      let handle = try #require(try Processes.open(monitor))
      try Processes.signal(9, to: handle)
      try await fixture.reactor.waitReadable(handle)
      try await fixture.runtime.kill("a", signal: 9)
      let exit = await fixture.ends.of("a")
      #expect(exit.lost == "its monitor was ended by signal 9")
      #expect(exit.exitCode == 137)
    }
  }

  @Test func whatEndedWithItsMonitorWhileNobodyLookedIsNotKnown() async throws {
    try await RuntimeFixture.with { fixture in
      let process = try await fixture.runtime.create(fixture.specification("a", ["sleep", "100"]))
      try await fixture.runtime.start("a")
      let parent = try #require(try RuntimeFixture.parent(of: process.pid))
      let monitor = try #require(try Processes.open(parent))
      let first = try #require(try Processes.open(process.pid))
      for handle in [monitor, first] {
        try Processes.signal(9, to: handle)
        try await fixture.reactor.waitReadable(handle)
      }
      _ = await fixture.ends.of("a")
      guard case .ended(let exit)? = try await fixture.successor().recover().first?.state else {
        Issue.record("it is not taken for ended")
        return
      }
      #expect(exit.exitCode == 255)
      #expect(exit.lost?.contains("while no engine was there") == true)
    }
  }

  @Test func aSecondCreateLeavesTheFirstAlone() async throws {
    try await RuntimeFixture.with { fixture in
      let process = try await fixture.runtime.create(fixture.specification("a", ["sleep", "100"]))
      try await fixture.runtime.start("a")
      await #expect(throws: RuntimeError.self) {
        _ = try await fixture.runtime.create(fixture.specification("a", ["true"]))
      }
      #expect(try Processes.isAlive(process.pid))
      try await fixture.runtime.delete("never-there")
    }
  }
}
