import ContainerRuntime
import Testing

@testable import ContainerEngine

@Suite struct SpecificationBuilderTests {
  private func build(
    _ record: ContainerRecord, _ change: (inout SpecificationBuilder.Surroundings) -> Void = { _ in }
  ) -> ContainerSpecification {
    var surroundings = SpecificationBuilder.Surroundings(
      rootPath: "/root", hostname: "aaaaaaaaaaaa", network: .none, cgroupPath: "/apus/id")
    change(&surroundings)
    return SpecificationBuilder(record: record, surroundings: surroundings).specification()
  }

  @Test func smallestContainer() {
    let specification = build(makeRecord())
    #expect(specification.process.arguments == ["/bin/sh", "-c", "true"])
    #expect(
      specification.process.environment == [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=aaaaaaaaaaaa",
      ])
    #expect(specification.process.workingDirectory == "/")
    #expect(specification.hostname == "aaaaaaaaaaaa")
    #expect(specification.rootPath == "/root")
    #expect(specification.cgroupPath == "/apus/id")
    #expect(specification.sharedMemorySize == 64 << 20)
    #expect(specification.process.seccomp == .defaultProfile)
    #expect(specification.namespaces.uts == .private)
    #expect(specification.mounts.isEmpty)
    #expect(specification.maskedPaths == nil)
  }

  @Test func environmentKeepsOrderAndUsersValueWins() {
    #expect(
      SpecificationBuilder.environment(["A=1", "PATH=/x", "B=2", "A=3", "HOSTNAME"], hostname: "h", terminal: true)
        == ["PATH=/x", "TERM=xterm", "A=3", "B=2"])
  }

  @Test func variableThatWasTakenAwayMayComeBack() {
    #expect(
      SpecificationBuilder.environment(["A=1", "A", "A=2"], hostname: "h", terminal: false).last == "A=2")
  }

  @Test func hostUTSHasNoHostnameOfItsOwn() {
    let specification = build(makeRecord { $0.namespaces.uts = .host })
    #expect(specification.hostname == nil)
    #expect(specification.namespaces.uts == .host)
  }

  @Test func mountsComeParentsFirstAndUsersReplaceNameFiles() {
    var record = makeRecord()
    record.mounts = [
      ContainerMount(kind: .volume, name: "v", source: "/v", destination: "/data/inner"),
      ContainerMount(kind: .bind, source: "/b", destination: "/data", readOnly: true, propagation: "rslave"),
      ContainerMount(kind: .tmpfs, source: "", destination: "/tmp", options: "size=1m"),
      ContainerMount(kind: .bind, source: "/own", destination: "/etc/hosts"),
    ]
    let specification = build(record) {
      $0.nameFiles = [("/etc/hosts", "/engine/hosts"), ("/etc/hostname", "/engine/hostname")]
    }
    #expect(specification.mounts.map(\.target) == ["/etc/hostname", "/data", "/tmp", "/data/inner", "/etc/hosts"])
    #expect(specification.mounts[1].kind == .bind(source: "/b"))
    #expect(specification.mounts[1].readOnly)
    #expect(specification.mounts[1].propagation == "rslave")
    #expect(specification.mounts[2].options == ["size=1m"])
    #expect(specification.mounts[3].propagation == "rprivate")
  }

  @Test func swapIsTwiceTheMemoryUnlessSaid() {
    var limits = ResourceLimits()
    limits.memory = 100
    #expect(SpecificationBuilder.resources(limits).memorySwap == 200)
    limits.memory = .max
    #expect(SpecificationBuilder.resources(limits).memorySwap == -1)
    limits.memory = 100
    limits.memorySwap = -1
    #expect(SpecificationBuilder.resources(limits).memorySwap == -1)
    limits.memorySwap = 150
    #expect(SpecificationBuilder.resources(limits).memorySwap == 150)
  }

  @Test func zeroIsNoLimit() {
    var limits = ResourceLimits()
    limits.memory = 0
    limits.cpuShares = 0
    limits.cpuQuota = 0
    limits.nanoCPUs = 0
    limits.pids = 0
    limits.cpuset = ""
    limits.memorySwappiness = -1
    #expect(SpecificationBuilder.resources(limits) == ResourceSpecification())
  }

  @Test func ownLimitsReplaceTheEngines() {
    let record = makeRecord { $0.resourceLimits = [ProcessLimit(name: "nofile", soft: 1, hard: 2)] }
    let specification = build(record) {
      $0.defaultLimits = [
        ProcessLimit(name: "nofile", soft: 9, hard: 9), ProcessLimit(name: "nproc", soft: 3, hard: 4),
      ]
    }
    #expect(specification.process.limits.map(\.name) == ["nofile", "nproc"])
    #expect(specification.process.limits[0].soft == 1)
  }

  @Test func seccompChoices() {
    var security = SecurityChoices()
    #expect(SpecificationBuilder.seccomp(security) == .defaultProfile)
    security.seccompProfile = "unconfined"
    #expect(SpecificationBuilder.seccomp(security) == .unconfined)
    security.seccompProfile = "{}"
    #expect(SpecificationBuilder.seccomp(security) == .profile("{}"))
    security.privileged = true
    #expect(SpecificationBuilder.seccomp(security) == .unconfined)
  }

  @Test func cgroupNamespaceIsLeftToTheRuntimeUnlessSaid() {
    #expect(build(makeRecord()).namespaces.cgroup == nil)
    #expect(build(makeRecord { $0.namespaces.cgroup = .host }).namespaces.cgroup == .host)
    #expect(build(makeRecord { $0.namespaces.cgroup = .private }).namespaces.cgroup == .private)
  }
}
