import Linux
import OCI
import Testing

@testable import ContainerRuntime

@Suite struct SpecificationBuilderTests {
  static var host: HostFeatures {
    var cgroups = CgroupFeatures(layout: .unified, unifiedMount: "/sys/fs/cgroup")
    cgroups.memoryLimit = true
    cgroups.swapLimit = true
    cgroups.cpuShares = true
    cgroups.cpuQuota = true
    cgroups.cpuset = true
    cgroups.pidsLimit = true
    cgroups.blockIOWeight = true
    return HostFeatures(
      cgroups: cgroups, capabilities: Capabilities.names.filter { $0 != "CAP_SYS_RESOURCE" },
      hardLimits: ["nofile": 20000], appArmor: false, machine: "x86_64", kernel: .init(6, 1))
  }
  let builder = SpecificationBuilder(host: SpecificationBuilderTests.host)
  let resolved = ResolvedHostObjects(
    identity: .init(user: RuntimeUser(user: 0, group: 0, additionalGroups: [0]), home: "/root"))

  var specification: ContainerSpecification {
    var specification = ContainerSpecification(
      id: "c1", process: ProcessSpecification(arguments: ["sh"]), rootPath: "/root-fs", cgroupPath: "/apus/c1")
    specification.process.seccomp = .unconfined
    return specification
  }

  private func text(_ specification: ContainerSpecification) throws -> String {
    String(decoding: try builder.configuration(for: specification, resolved).json(pretty: true), as: UTF8.self)
  }

  @Test(arguments: ["plain", "rich", "privileged"])
  func goldenFiles(_ name: String) throws {
    var specification = self.specification
    switch name {
    case "rich":
      specification.hostname = "box"
      specification.domainName = "example.org"
      specification.readOnlyRoot = true
      specification.initPath = "/usr/bin/tini-static"
      specification.process.terminal = true
      specification.process.environment = ["A=1", "BARE", "PATH=/bin"]
      specification.process.limits = [
        .init(name: "nofile", soft: 100, hard: 200), .init(name: "core", soft: -1, hard: -1),
      ]
      specification.process.noNewPrivileges = true
      specification.process.oomScoreAdjustment = 500
      specification.mounts = [
        .tmpfs(target: "/run", options: "size=1m,exec"), .bind("/src", target: "/a/b/c", readOnly: true),
        .bind("/own-shm", target: "/dev/shm"), .bind("/x", target: "/a"),
      ]
      specification.namespaces.network = .path("/run/netns/x")
      specification.namespaces.pid = .private
      specification.sysctls = ["net.core.somaxconn": "1024"]
      specification.deviceRules = ["c 10:200 rw"]
      specification.resources.memory = 1 << 30
      specification.resources.nanoCPUs = 1_500_000_000
      specification.resources.cpuset = "0-1"
      specification.resources.pids = 100
      specification.resources.blockIOWeight = 300
    case "privileged":
      specification.privileged = true
      specification.namespaces.network = .host
      specification.namespaces.pid = .host
      specification.namespaces.ipc = .host
      specification.namespaces.uts = .host
      specification.hostname = "ignored"
    default: break
    }
    let path = Golden.path(name)
    let actual = try text(specification) + "\n"
    if Golden.update { try FileSystem.write(path, Array(actual.utf8)) }
    #expect(try FileSystem.readText(path) == actual)
  }

  @Test func anotherUserGetsNoEffectiveCapabilities() throws {
    var resolved = self.resolved
    resolved.identity.user.user = 5
    let process = try builder.configuration(for: specification, resolved).process
    #expect(process.effective.isEmpty && process.permitted.isEmpty)
    #expect(process.bounding == CapabilityChoice.standard)
  }

  @Test func limitsBeyondOurOwnAreRefusedClearly() {
    var specification = self.specification
    specification.process.limits = [.init(name: "nofile", soft: 30000, hard: 30000)]
    let error = #expect(throws: RuntimeError.self) { try builder.configuration(for: specification, resolved) }
    #expect(error?.message.contains("hard limit is 20000") == true)
    specification.process.limits = []
    specification.process.oomScoreAdjustment = -5
    let second = #expect(throws: RuntimeError.self) { try builder.configuration(for: specification, resolved) }
    #expect(second?.message.contains("CAP_SYS_RESOURCE") == true)
  }

  @Test func swapFollowsMemory() throws {
    var resources = ResourceSpecification()
    resources.memory = 100
    #expect(try SpecificationBuilder.resources(resources, features: Self.host).memorySwap == 200)
    resources.memorySwap = -1
    #expect(try SpecificationBuilder.resources(resources, features: Self.host).memorySwap == -1)
    var host = Self.host
    host.cgroups.swapLimit = false
    #expect(try SpecificationBuilder.resources(resources, features: host).memorySwap == nil)
  }

  @Test func sharedMemoryFollowsTheNamespace() throws {
    func mount(_ ipc: NamespaceSpecification.IPC) throws -> RuntimeMount? {
      var specification = self.specification
      specification.namespaces.ipc = ipc
      return try builder.configuration(for: specification, resolved).mounts.first { $0.destination == "/dev/shm" }
    }
    #expect(try mount(.private)?.options.contains("size=67108864") == true)
    #expect(try mount(.shareable(sharedMemoryPath: "/s"))?.source == "/s")
    #expect(try mount(.host)?.source == "/dev/shm")
    #expect(try mount(.path("/proc/1/ns/ipc", sharedMemoryPath: "/s"))?.source == "/s")
    #expect(try mount(.none) == nil)
  }
}

/// Golden files beside this one. `APUS_UPDATE_GOLDEN=1` writes them anew.
enum Golden {
  static func path(_ name: String) -> String {
    FileSystem.directory(of: #filePath) + "/Golden/\(name).json"
  }
  static var update: Bool {
    (try? FileSystem.readText("/proc/self/environ"))?.contains("APUS_UPDATE_GOLDEN=1") ?? false
  }
}
