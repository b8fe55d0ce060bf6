import ContainerRuntime
import Linux
import Testing

/// Creations that fail after their monitor has started: neither it nor what it holds is left.
@Suite(.enabled(if: RuntimeFixture.isPossible), .timeLimit(.minutes(1)), .serialized)
struct FailedCreationTests {
  private static func script(_ fixture: RuntimeFixture, _ name: String, _ text: String) throws -> String {
    try FileSystem.makeDirectories(fixture.directory + "/programs")
    let path = "\(fixture.directory)/programs/\(name)"
    try FileSystem.write(path, Array("#!/bin/sh\n\(text)\n".utf8), mode: 0o755)
    return path
  }

  @Test func aRecordThatCannotBeWrittenEndsTheMonitor() async throws {
    try await RuntimeFixture.with { fixture in
      // Room for the configuration and one record: the second, which would replace it, has none.
      let bundle = fixture.directory + "/run/containers/a"
      try FileSystem.makeDirectory(bundle)
      try Mounts.mount(source: "tmpfs", at: bundle, type: "tmpfs", options: "nr_inodes=3")
      defer { #expect(throws: Never.self) { try Mounts.unmount(bundle, lazily: true) } }
      let monitor = try Self.script(fixture, "conmon", "kill -STOP $$")
      let runtime = try fixture.successor { $0.monitor = monitor }
      let error = await #expect(throws: RuntimeError.self) {
        _ = try await runtime.create(fixture.specification("a", ["true"]))
      }
      #expect(error?.message.contains("record.json") == true, "\(error?.message ?? "")")
      #expect(try fixture.processes().isEmpty)
    }
  }

  @Test func aFilterThatIsNotAppliedEndsTheContainerAndItsMonitor() async throws {
    try await RuntimeFixture.with { fixture in
      // Spoils what crun tells of its filter, for the container b alone: $2 is the directory of states. Its parent is the
      // monitor.
      let spoils = try Self.script(
        fixture, "crun",
        """
        /usr/bin/crun "$@"; status=$?; state=$2
        for last; do :; done
        if [ "$last" = b ] && [ -f "$state/b/seccomp.bpf" ]; then
          echo more >> "$state/b/seccomp.bpf"
          echo $PPID > "${0%/*}/monitor"
        fi
        exit $status
        """)
      let runtime = try fixture.successor {
        $0.runtimes = ["crun": spoils]
        $0.defaultRuntime = "crun"
      }
      let ends = Ends(runtime)
      _ = try await runtime.create(fixture.specification("a", ["true"]))
      try await runtime.start("a")
      _ = await ends.of("a")
      try await runtime.delete("a")
      let error = await #expect(throws: RuntimeError.self) {
        _ = try await runtime.create(fixture.specification("b", ["true"]))
      }
      #expect(error?.message.contains("did not apply the container's seccomp filter") == true)
      let noted = try FileSystem.readText(fixture.directory + "/programs/monitor").filter(\.isNumber)
      let monitor = try #require(Int32(noted))
      #expect(try Processes.startTime(of: monitor) == nil, "nobody has waited for it")
      #expect(try fixture.processes().isEmpty)
      #expect(try FileSystem.list(fixture.directory + "/run/exits").isEmpty)
    }
  }
}
