import ContainerRuntime
import Linux
import Testing

@Suite(.enabled(if: RuntimeFixture.isPossible), .timeLimit(.minutes(1)))
struct StreamTests {
  @Test func attachmentSeesEverythingAndEndsWithTheInput() async throws {
    try await RuntimeFixture.with { fixture in
      var streams = StreamChoices()
      streams.standardInput = true
      _ = try await fixture.runtime.create(fixture.specification("a", ["cat"]), streams: streams)
      let attachment = try await fixture.runtime.attach("a")
      try await fixture.runtime.start("a")
      let big = [UInt8](repeating: UInt8(ascii: "x"), count: 300_000)
      async let written: Void = {
        try await attachment.write(big)
        try await attachment.write(Array("end\n".utf8))
        await attachment.closeInput()
      }()
      let output = try await fixture.read(attachment)
      try await written
      #expect(output.utf8.count == 300_004)
      #expect(output.hasSuffix("end\n"))
      #expect(await fixture.ends.of("a").exitCode == 0)
    }
  }

  @Test func streamsAreKeptApart() async throws {
    try await RuntimeFixture.with { fixture in
      _ = try await fixture.runtime.create(fixture.sh("a", "echo out; echo err >&2"))
      let attachment = try await fixture.runtime.attach("a")
      #expect(!attachment.isTerminal)
      try await fixture.runtime.start("a")
      var seen: [OutputStream: [UInt8]] = [:]
      for try await chunk in attachment.output { seen[chunk.stream, default: []] += chunk.bytes }
      #expect(seen == [.standardOutput: Array("out\n".utf8), .standardError: Array("err\n".utf8)])
    }
  }

  @Test func terminalsHaveASizeAndOneStream() async throws {
    try await RuntimeFixture.with { fixture in
      var specification = fixture.sh("a", "read line; stty size; echo got $line")
      specification.process.terminal = true
      var streams = StreamChoices()
      streams.standardInput = true
      _ = try await fixture.runtime.create(specification, streams: streams)
      let attachment = try await fixture.runtime.attach("a")
      try await fixture.runtime.start("a")
      try await fixture.runtime.resize("a", TerminalSize(rows: 33, columns: 77))
      // The monitor handles the resize before it reads further input: same thread, earlier event.
      try await attachment.write(Array("hello\n".utf8))
      let output = try await fixture.read(attachment)
      #expect(output.contains("got hello"), "\(output)")
      #expect(output.contains("33 77"), "\(output)")
      #expect(await fixture.ends.of("a").exitCode == 0)
    }
  }

  @Test func aMonitorThatIsBusyMissesNoSize() async throws {
    try await RuntimeFixture.with { fixture in
      let wait = "until stty size | grep '^40 80' || [ $((n += 1)) = 200 ]; do sleep 0.05; done"
      var specification = fixture.sh("a", wait)
      specification.process.terminal = true
      let process = try await fixture.runtime.create(specification)
      let attachment = try await fixture.runtime.attach("a")
      try await fixture.runtime.start("a")
      let parent = try #require(try RuntimeFixture.parent(of: process.pid))
      let monitor = try #require(try Processes.open(parent))
      try Processes.signal(19, to: monitor)
      for step in UInt16(1)...20 {
        try await fixture.runtime.resize("a", TerminalSize(rows: 20 + step, columns: 60 + step))
      }
      try Processes.signal(18, to: monitor)
      let output = try await fixture.read(attachment)
      #expect(output.contains("40 80"), "\(output)")
      #expect(await fixture.ends.of("a").exitCode == 0)
    }
  }

  @Test func leavingDoesNotEndAnOpenInput() async throws {
    try await RuntimeFixture.with { fixture in
      var streams = StreamChoices()
      streams.standardInput = true
      streams.keepInputOpen = true
      _ = try await fixture.runtime.create(fixture.specification("a", ["cat"]), streams: streams)
      try await fixture.runtime.start("a")
      let first = try await fixture.runtime.attach("a")
      try await first.write(Array("one\n".utf8))
      #expect(try await fixture.read(first, until: "one\n") == "one\n")
      first.close()
      let second = try await fixture.runtime.attach("a")
      try await second.write(Array("two\n".utf8))
      #expect(try await fixture.read(second, until: "two\n") == "two\n")
    }
  }

  @Test func execRunsBesideTheFirstProcess() async throws {
    try await RuntimeFixture.with { fixture in
      _ = try await fixture.runtime.create(fixture.specification("a", ["sleep", "100"]))
      try await fixture.runtime.start("a")
      var process = ProcessSpecification(arguments: ["sh", "-c", "id -u; cat; exit 9"])
      process.user = "web"
      var choices = ExecChoices()
      choices.standardInput = true
      let exec = try await fixture.runtime.execute(process, in: "a", id: "e1", choices)
      let attachment = try #require(exec.attachment)
      try await attachment.write(Array("hi\n".utf8))
      await attachment.closeInput()
      let output = try await fixture.read(attachment)
      #expect(output == "1000\nhi\n")
      #expect(exec.exitCode == 9)
    }
  }

  @Test func whoWaitsForAnExecCanBeCancelled() async throws {
    try await RuntimeFixture.with { fixture in
      _ = try await fixture.runtime.create(fixture.specification("a", ["sleep", "100"]))
      try await fixture.runtime.start("a")
      var choices = ExecChoices()
      choices.standardInput = true
      let process = ProcessSpecification(arguments: ["sh", "-c", "cat; exit 9"])
      let exec = try await fixture.runtime.execute(process, in: "a", id: "e1", choices)
      let cancelled = Task { await exec.waitUnlessCancelled() }
      let patient = Task { await exec.waitUnlessCancelled() }
      cancelled.cancel()
      #expect(await cancelled.value == nil)
      let attachment = try #require(exec.attachment)
      await attachment.closeInput()
      #expect(await patient.value == 9)
      #expect(await exec.waitUnlessCancelled() == 9)
      _ = try await fixture.read(attachment)
    }
  }

  @Test func execWithATerminalIsNotCutShort() async throws {
    try await RuntimeFixture.with { fixture in
      _ = try await fixture.runtime.create(fixture.specification("a", ["sleep", "100"]))
      try await fixture.runtime.start("a")
      for index in 0..<5 {
        var process = ProcessSpecification(arguments: ["sh", "-c", "echo -n begin; yes | head -n 2000; echo done"])
        process.terminal = true
        let exec = try await fixture.runtime.execute(process, in: "a", id: "t\(index)")
        let output = try await fixture.read(try #require(exec.attachment))
        #expect(output.hasPrefix("begin") && output.hasSuffix("done\r\n"), "\(output.count)")
        #expect(await exec.wait() == 0)
      }
    }
  }

  @Test func execRefusesWhatCannotRun() async throws {
    try await RuntimeFixture.with { fixture in
      _ = try await fixture.runtime.create(fixture.specification("a", ["sleep", "100"]))
      try await fixture.runtime.start("a")
      let missing = await #expect(throws: RuntimeError.self) {
        _ = try await fixture.runtime.execute(ProcessSpecification(arguments: ["nope"]), in: "a", id: "e1")
      }
      #expect(missing?.code == .commandNotFound, "\(missing?.message ?? "")")
      #expect(missing?.message.hasPrefix("OCI runtime exec failed: ") == true)
      let forbidden = await #expect(throws: RuntimeError.self) {
        _ = try await fixture.runtime.execute(ProcessSpecification(arguments: ["/etc/passwd"]), in: "a", id: "e2")
      }
      #expect(forbidden?.code == .commandNotExecutable, "\(forbidden?.message ?? "")")
      #expect(try FileSystem.list(fixture.directory + "/run/execs").isEmpty)
    }
  }

  @Test func theContainersProcessesAreListed() async throws {
    try await RuntimeFixture.with { fixture in
      let process = try await fixture.runtime.create(fixture.specification("a", ["sleep", "4242"]))
      try await fixture.runtime.start("a")
      #expect(try await fixture.runtime.processes(of: "a") == [process.pid])
    }
  }
}
