import Testing

@testable import ContainerEngine

@Suite struct DefinitionChecksTests {
  private func complaint(_ change: (inout ContainerDefinition) -> Void) -> String {
    var definition = ContainerDefinition(image: "x")
    change(&definition)
    let checked = definition
    return refusal { () throws(EngineError) in try DefinitionChecks.validate(checked) }
  }

  @Test func plainDefinitionPasses() { #expect(complaint { _ in } == "") }

  @Test func restartPolicies() {
    #expect(
      complaint {
        $0.autoRemove = true
        $0.restartPolicy = RestartPolicy(.always)
      } == "can't create 'AutoRemove' container with restart policy")
    #expect(
      complaint { $0.restartPolicy = RestartPolicy(.always, maximumRetries: 2) }
        == "invalid restart policy: maximum retry count can only be used with 'on-failure'")
    #expect(
      complaint { $0.restartPolicy = RestartPolicy(.onFailure, maximumRetries: -1) }
        == "invalid restart policy: maximum retry count cannot be negative")
    #expect(complaint { $0.restartPolicy = RestartPolicy(.onFailure, maximumRetries: 3) } == "")
  }

  @Test func memory() {
    #expect(complaint { $0.resources.memory = 1 << 20 } == "Minimum memory limit allowed is 6MB")
    #expect(complaint { $0.resources.memory = 6 << 20 } == "")
    #expect(complaint { $0.resources.memory = -1 } == "")
    #expect(
      complaint { $0.resources.memorySwap = 64 << 20 }
        == "You should always set the Memory limit when using Memoryswap limit, see usage")
    #expect(
      complaint {
        $0.resources.memory = 64 << 20
        $0.resources.memorySwap = 32 << 20
      } == "Minimum memoryswap limit should be larger than memory limit, see usage")
    #expect(
      complaint {
        $0.resources.memory = 64 << 20
        $0.resources.memorySwap = -1
      } == "")
    #expect(
      complaint {
        $0.resources.memory = 64 << 20
        $0.resources.memoryReservation = 128 << 20
      } == "Minimum memory limit can not be less than memory reservation limit, see usage")
  }

  @Test func processors() {
    #expect(
      complaint {
        $0.resources.nanoCPUs = 1
        $0.resources.cpuPeriod = 10000
      } == "Conflicting options: Nano CPUs and CPU Period cannot both be set")
    #expect(
      complaint {
        $0.resources.nanoCPUs = 1
        $0.resources.cpuQuota = 10000
      } == "Conflicting options: Nano CPUs and CPU Quota cannot both be set")
    #expect(complaint { $0.resources.nanoCPUs = 1_000_000_000_000_000 }.hasPrefix("range of CPUs is from 0.01 to"))
    #expect(complaint { $0.resources.cpuPeriod = 999 }.hasPrefix("CPU cfs period can not be less than 1ms"))
    #expect(complaint { $0.resources.cpuQuota = 999 }.hasPrefix("CPU cfs quota can not be less than 1ms"))
    #expect(complaint { $0.resources.cpuQuota = -1 } == "")
  }

  @Test func numbersOutOfRange() {
    #expect(complaint { $0.resources.blockIOWeight = 5 } == "Range of blkio weight is from 10 to 1000")
    #expect(
      complaint { $0.resources.memorySwappiness = 101 } == "Invalid value: 101, valid memory swappiness range is 0-100")
    #expect(
      complaint { $0.resources.oomScoreAdjustment = 1001 }
        == "Invalid value 1001, range for oom score adj is [-1000, 1000]")
    #expect(complaint { $0.sharedMemorySize = -1 } == "SHM size can not be less than 0")
    #expect(
      complaint { $0.resourceLimits = [ProcessLimit(name: "nofile", soft: 10, hard: 5)] }
        == "ulimit soft limit must be less than or equal to hard limit: 10 > 5")
    #expect(complaint { $0.resourceLimits = [ProcessLimit(name: "nofile", soft: 10, hard: -1)] } == "")
  }

  @Test func mounts() {
    #expect(
      complaint { $0.mounts = [MountRequest(.bind, source: "/a", target: "b")] }
        == "invalid mount config for type \"bind\": invalid mount path: 'b' mount path must be absolute")
    #expect(
      complaint { $0.mounts = [MountRequest(.bind, source: "a", target: "/b")] }
        == "invalid mount config for type \"bind\": invalid mount path: 'a' mount path must be absolute")
    #expect(
      complaint { $0.mounts = [MountRequest(.volume, source: "v", target: "/..")] }
        == "invalid volume specification: destination can't be '/'")
    #expect(
      complaint {
        $0.mounts = [
          MountRequest(.volume, source: "v", target: "/a/"), MountRequest(.volume, source: "w", target: "/a"),
        ]
      } == "Duplicate mount point: /a")
    #expect(
      complaint { $0.mounts = [MountRequest(.tmpfs, source: "x", target: "/a")] }
        == "invalid mount config for type \"tmpfs\": field Source must not be specified")
  }

  @Test func sharedNetworkStack() {
    #expect(complaint { $0.network = .container("") } == "invalid container format container:<name|id>")
    #expect(
      complaint {
        $0.network = .container("c")
        $0.hostname = "h"
      } == "conflicting options: hostname and the network mode")
    #expect(
      complaint {
        $0.network = .container("c")
        $0.publishAllPorts = true
      } == "conflicting options: port publishing and the container type network mode")
  }

  @Test func healthChecks() {
    #expect(
      complaint {
        $0.healthCheck = HealthCheck()
        $0.healthCheck?.interval = 10
      } == "Interval in Healthcheck cannot be less than 1ms")
    #expect(
      complaint {
        $0.healthCheck = HealthCheck()
        $0.healthCheck?.retries = -1
      } == "Retries in Healthcheck cannot be negative")
  }

  @Test func devicesAndHosts() {
    let device = DeviceRequest(hostPath: "/dev/null", containerPath: "/dev/null", permissions: "x")
    #expect(complaint { $0.devices = [device] } == "invalid device mode: x")
    #expect(complaint { $0.extraHosts = ["nothing"] } == "bad format for add-host: \"nothing\"")
    #expect(complaint { $0.extraHosts = ["db:10.0.0.1", "v6=::1"] } == "")
  }
}
