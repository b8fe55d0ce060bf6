import ContainerRuntime
import Linux
import Testing

@Suite(.enabled(if: RuntimeFixture.isPossible), .timeLimit(.minutes(1)))
struct RunTests {
  @Test func runsAProgramToItsEnd() async throws {
    try await RuntimeFixture.with { fixture in
      let (exit, output) = try await fixture.run(fixture.sh("a", "echo out; echo err >&2; exit 7"))
      #expect(exit.exitCode == 7)
      #expect(!exit.oomKilled && exit.lost == nil)
      #expect(output.split(separator: "\n").sorted() == ["err", "out"])
    }
  }

  @Test func secondStartUsesTheCompiledFilter() async throws {
    try await RuntimeFixture.with { fixture in
      // unshare needs CAP_SYS_ADMIN in the default profile; the filter must hold each time.
      for _ in 0..<2 {
        let (exit, output) = try await fixture.run(fixture.sh("a", "grep Seccomp: /proc/self/status"))
        #expect(exit.exitCode == 0)
        #expect(output.contains("2"))
      }
    }
  }

  @Test(arguments: [
    (["nope"], RuntimeError.Code.commandNotFound, Int32(127), "exec: \"nope\": executable file not found in $PATH"),
    (["/nope"], .commandNotFound, 127, "exec: \"/nope\": stat /nope: no such file or directory"),
    (["/etc/passwd"], .commandNotExecutable, 126, "permission denied"),
    (["/etc"], .commandNotExecutable, 126, ""),
  ])
  func refusesWhatCannotRun(
    _ arguments: [String], _ code: RuntimeError.Code, _ exitCode: Int32, _ words: String
  ) async throws {
    try await RuntimeFixture.with { fixture in
      let error = await #expect(throws: RuntimeError.self) {
        _ = try await fixture.runtime.create(fixture.specification("a", arguments))
      }
      #expect(error?.code == code, "\(error?.message ?? "")")
      #expect(error?.startExitCode == exitCode)
      #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
      #expect(error?.message.hasPrefix("failed to create task for container: ") == true)
    }
  }

  @Test func appliesUserGroupsDirectoryAndEnvironment() async throws {
    try await RuntimeFixture.with { fixture in
      var specification = fixture.sh("a", "id; pwd; env")
      specification.process.user = "web"
      specification.process.workingDirectory = "/made/here"
      specification.process.environment = ["A=b c"]
      specification.hostname = "box"
      let (_, output) = try await fixture.run(specification)
      #expect(output.contains("uid=1000(web) gid=1000(web) groups=1000(web),2000(extra)"), "\(output)")
      for line in ["/made/here", "A=b c", "HOME=/home/web", "HOSTNAME=box", "PATH=" + ContainerDefaults.path] {
        #expect(output.split(separator: "\n").contains(Substring(line)), "\(line) in \(output)")
      }
    }
  }

  @Test func limitsAreSet() async throws {
    try await RuntimeFixture.with { fixture in
      var specification = fixture.specification("a", ["sleep", "100"])
      specification.resources.memory = 64 << 20
      specification.resources.pids = 50
      specification.resources.nanoCPUs = 500_000_000
      _ = try await fixture.runtime.create(specification)
      try await fixture.runtime.start("a")
      var statistics = try await fixture.runtime.statistics(of: "a")
      #expect(statistics.memory.limit == 64 << 20)
      #expect(statistics.pids.limit == 50)
      #expect(statistics.pids.current >= 1)
      #expect(statistics.memory.usage > 0)
      #expect(statistics.cpu.host > 0)
      var change = ResourceSpecification()
      change.memory = 128 << 20
      if fixture.runtime.features.cgroups.swapLimit { change.memorySwap = 256 << 20 }
      try await fixture.runtime.update("a", resources: change)
      statistics = try await fixture.runtime.statistics(of: "a")
      #expect(statistics.memory.limit == 128 << 20)
      #expect(statistics.pids.limit == 50)
    }
  }

  @Test func mountsAreThere() async throws {
    try await RuntimeFixture.with { fixture in
      try FileSystem.makeDirectory(fixture.directory + "/shared")
      try FileSystem.write(fixture.directory + "/shared/file", Array("content".utf8))
      var specification = fixture.sh(
        "a",
        "cat /data/file; echo x > /data/new || echo ro; grep ' /scratch ' /proc/mounts; echo y > /root-file || echo ro-root"
      )
      specification.readOnlyRoot = true
      specification.mounts = [
        .bind(fixture.directory + "/shared", target: "/data", readOnly: true),
        .tmpfs(target: "/scratch", options: "size=1m,mode=1770,exec"),
      ]
      let (_, output) = try await fixture.run(specification)
      #expect(output.contains("content"))
      #expect(output.contains("\nro\n") || output.contains("contentro\n") || output.contains("ro\n"), "\(output)")
      #expect(output.contains("size=1024k") && output.contains("mode=1770") && !output.contains("noexec"), "\(output)")
      #expect(output.contains("ro-root"))
      #expect(!FileSystem.exists(fixture.directory + "/shared/new"))
    }
  }

  @Test func killReachesTheProcessOrAll() async throws {
    try await RuntimeFixture.with { fixture in
      for (id, all) in [("a", false), ("b", true)] {
        _ = try await fixture.runtime.create(fixture.specification(id, ["sleep", "100"]))
        try await fixture.runtime.start(id)
        try await fixture.runtime.kill(id, signal: 9, all: all)
        #expect(await fixture.ends.of(id).exitCode == 137)
        let error = await #expect(throws: RuntimeError.self) { try await fixture.runtime.kill(id, signal: 9) }
        #expect(error?.code == .notRunning)
      }
    }
  }

  @Test func pausedContainersStandStillAndCanBeDeleted() async throws {
    try await RuntimeFixture.with { fixture in
      _ = try await fixture.runtime.create(fixture.specification("a", ["sleep", "100"]))
      try await fixture.runtime.start("a")
      try await fixture.runtime.pause("a")
      let group = Cgroup(path: fixture.cgroupParent + "/a", features: fixture.runtime.features.cgroups)
      #expect(group.isFrozen())
      try await fixture.runtime.resume("a")
      #expect(!group.isFrozen())
      try await fixture.runtime.pause("a")
      try await fixture.runtime.delete("a")
      #expect(await fixture.ends.of("a").exitCode == 137)
    }
  }

  @Test func privilegedHasEverything() async throws {
    try await RuntimeFixture.with { fixture in
      var specification = fixture.sh(
        "a", "grep -E 'CapEff|Seccomp:' /proc/self/status; echo 0 > /proc/sys/vm/nothing; ls /dev")
      specification.privileged = true
      let (_, output) = try await fixture.run(specification)
      #expect(output.contains("Seccomp:\t0"), "\(output)")
    }
  }

  @Test(.enabled(if: FileSystem.isExecutable("/usr/bin/tini-static"))) func initIsProcessOne() async throws {
    try await RuntimeFixture.with { fixture in
      var specification = fixture.sh("a", "cat /proc/1/cmdline; exit 3")
      specification.initPath = try fixture.runtime.initProgram()
      let (exit, output) = try await fixture.run(specification)
      #expect(exit.exitCode == 3)
      #expect(output.contains("/sbin/docker-init"), "\(output)")
    }
  }

  @Test(.enabled(if: FileSystem.isExecutable("/usr/sbin/runc"))) func runcCanBeChosen() async throws {
    try await RuntimeFixture.with { fixture in
      _ = try await fixture.runtime.create(fixture.sh("a", "echo hello; exit 5"), runtime: "runc")
      try await fixture.runtime.start("a")
      #expect(await fixture.ends.of("a").exitCode == 5)
      #expect(try await fixture.log("a") == "hello\n")
      let error = await #expect(throws: RuntimeError.self) {
        _ = try await fixture.runtime.create(fixture.specification("b", ["nope"]), runtime: "runc")
      }
      #expect(error?.code == .commandNotFound, "\(error?.message ?? "")")
      #expect(error?.message.contains("exec: \"nope\": executable file not found in $PATH") == true)
      let unknown = await #expect(throws: RuntimeError.self) {
        _ = try await fixture.runtime.create(fixture.specification("b", ["true"]), runtime: "other")
      }
      #expect(unknown?.message == "unknown or invalid runtime name: other")
    }
  }

  @Test func aKillForWantOfMemoryIsTold() async throws {
    try await RuntimeFixture.with { fixture in
      var specification = fixture.sh("a", "dd if=/dev/zero of=/dev/shm/x bs=1M count=60; sleep 100")
      specification.resources.memory = 16 << 20
      _ = try await fixture.runtime.create(specification)
      try await fixture.runtime.start("a")
      // The kernel kills dd, and the shell then waits: end it.
      var failures: UInt64 = 0
      while failures == 0 {  // until the suite's time is over
        failures = try await fixture.runtime.statistics(of: "a").memory.failures
        try await Task.sleep(for: .milliseconds(10))
      }
      try await fixture.runtime.kill("a", signal: 9)
      _ = await fixture.ends.of("a")
    }
  }

  @Test func processesOutsideOfThePidNamespaceAreEnded() async throws {
    try await RuntimeFixture.with { fixture in
      var specification = fixture.sh("a", "sleep 1000 & sleep 1000 & exit 0")
      specification.namespaces.pid = .host
      _ = try await fixture.runtime.create(specification)
      try await fixture.runtime.start("a")
      #expect(await fixture.ends.of("a").exitCode == 0)
      try await fixture.runtime.delete("a")
      let group = Cgroup(path: fixture.cgroupParent + "/a", features: fixture.runtime.features.cgroups)
      #expect(try group.processes().isEmpty)
    }
  }

  @Test func unknownUsersAreRefusedWithoutATrace() async throws {
    try await RuntimeFixture.with { fixture in
      var specification = fixture.specification("a", ["true"])
      specification.process.user = "nobody-here"
      let error = await #expect(throws: RuntimeError.self) { _ = try await fixture.runtime.create(specification) }
      #expect(error?.message == "unable to find user nobody-here: no matching entries in passwd file")
      #expect(!FileSystem.exists(fixture.directory + "/run/containers/a"))
    }
  }

  @Test func linksInTheRootLeadNowhereElse() async throws {
    try await RuntimeFixture.with { fixture in
      try FileSystem.removeFile(fixture.root + "/etc/passwd")
      try FileSystem.write(fixture.directory + "/passwd", Array("outside:x:5:5::/:\n".utf8))
      try FileSystem.symbolicLink(fixture.root + "/etc/passwd", to: "../../passwd")
      try FileSystem.symbolicLink(fixture.root + "/out", to: fixture.directory)
      var specification = fixture.specification("a", ["true"])
      specification.process.user = "outside"
      await #expect(throws: RuntimeError.self) { _ = try await fixture.runtime.create(specification) }
      specification.process.user = ""
      specification.process.workingDirectory = "/out/made"
      _ = try? await fixture.run(specification)
      #expect(!FileSystem.exists(fixture.directory + "/made"))
    }
  }
}
