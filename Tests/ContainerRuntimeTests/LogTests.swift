import ContainerRuntime
import Linux
import Testing

@Suite(.enabled(if: RuntimeFixture.isPossible), .timeLimit(.minutes(1)))
struct LogTests {
  @Test func tailAndStreamsSelect() async throws {
    try await RuntimeFixture.with { fixture in
      _ = try await fixture.runtime.create(
        fixture.sh("a", "i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done; echo -n open"))
      try await fixture.runtime.start("a")
      _ = await fixture.ends.of("a")
      var query = LogQuery()
      query.tail = 3
      #expect(try await fixture.log("a", query) == "line 4998\nline 4999\nopen")
      query.tail = 0
      #expect(try await fixture.log("a", query) == "")
      query.tail = nil
      #expect(try await fixture.log("a", query).split(separator: "\n").count == 5001)
      query.standardOutput = false
      #expect(try await fixture.log("a", query) == "")
      try await fixture.runtime.delete("a")
      #expect(FileSystem.exists(fixture.runtime.logPath(of: "a")))
      try await fixture.runtime.removeData("a")
      #expect(!FileSystem.exists(fixture.runtime.logPath(of: "a")))
    }
  }

  @Test func followersSeeEveryLineAcrossRotations() async throws {
    try await RuntimeFixture.with { fixture in
      var streams = StreamChoices()
      streams.rotation = LogRotation(maximumSize: 40_000, maximumFiles: 100)
      _ = try await fixture.runtime.create(
        fixture.sh("a", "i=0; while [ $i -lt 6000 ]; do echo line $i; i=$((i+1)); done"), streams: streams)
      var query = LogQuery()
      query.follow = true
      let entries = fixture.runtime.logs(of: "a", query)
      try await fixture.runtime.start("a")
      var bytes: [UInt8] = []
      for try await entry in entries { bytes += entry.bytes }
      let expected = (0..<6000).map { "line \($0)\n" }.joined()
      #expect(String(decoding: bytes, as: UTF8.self) == expected)
      _ = await fixture.ends.of("a")
      #expect(FileSystem.exists(fixture.runtime.logPath(of: "a") + ".1"))
      // And once more from the files alone.
      #expect(try await fixture.log("a").split(separator: "\n").count == 6000)
    }
  }

  @Test func onlySoManyFilesAreKept() async throws {
    try await RuntimeFixture.with { fixture in
      var streams = StreamChoices()
      streams.rotation = LogRotation(maximumSize: 20_000, maximumFiles: 2)
      _ = try await fixture.runtime.create(
        fixture.sh("a", "i=0; while [ $i -lt 9000 ]; do echo line $i; i=$((i+1)); done"), streams: streams)
      try await fixture.runtime.start("a")
      _ = await fixture.ends.of("a")
      let path = fixture.runtime.logPath(of: "a")
      #expect(!FileSystem.exists(path + ".2"))
      #expect(try await fixture.log("a").hasSuffix("line 8999\n"))
    }
  }

  @Test func aRotationThatFailedIsTriedAgain() async throws {
    try await RuntimeFixture.with { fixture in
      var streams = StreamChoices()
      streams.rotation = LogRotation(maximumSize: 20_000, maximumFiles: 3)
      _ = try await fixture.runtime.create(
        fixture.sh("a", "i=0; while [ ! -e /tmp/enough ]; do echo line $i; i=$((i+1)); sleep 0.0001; done"),
        streams: streams)
      let path = fixture.runtime.logPath(of: "a")
      // No file can take the name of a directory that holds something.
      try FileSystem.makeDirectories(path + ".1/in the way")
      try FileSystem.makeDirectories(path + ".2/in the way")
      try await fixture.runtime.start("a")
      while try FileStatus(path: path).size < 40_000 { try await Task.sleep(for: .milliseconds(10)) }
      #expect(try FileStatus(path: path + ".1").kind == .directory)
      try FileSystem.removeTree(path + ".1")
      try FileSystem.removeTree(path + ".2")
      while !FileSystem.exists(path + ".2") { try await Task.sleep(for: .milliseconds(10)) }
      try FileSystem.write(fixture.root + "/tmp/enough", [UInt8]())
      #expect(await fixture.ends.of("a").exitCode == 0)
    }
  }
}
