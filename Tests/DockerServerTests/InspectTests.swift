import DockerAPI
import Testing

@testable import ContainerEngine
@testable import DockerServer

@Suite struct InspectTests {
  func record(_ change: (inout ContainerRecord) -> Void = { _ in }) throws -> ContainerRecord {
    var request = try DockerJSON.decodeBody(
      CreateRequest.self,
      from: Array(
        #"{"Image":"nginx","HostConfig":{"NetworkMode":"bridge","Memory":6291456,"PortBindings":{"80/tcp":[{"HostPort":"8080"}]},"Tmpfs":{"/run":""}}}"#
          .utf8))
    _ = try VersionAdaptation.adapt(&request, to: .newest)
    HostDefaults.fill(&request, EngineConfiguration(), cgroupVersion: 2)
    var definition = try DefinitionTranslation.definition(request)
    definition.command = ["nginx"]
    definition.environment = ["PATH=/bin"]
    definition.exposedPorts.append(ContainerPort(number: 443))
    var record = ContainerRecord(
      id: String(repeating: "ab", count: 32), name: "web", created: 1_000_000_000, imageID: "sha256:1",
      definition: definition, path: "nginx", arguments: [], doorState: OpaqueBytes(DockerJSON.encode(request)),
      runtime: "crun")
    change(&record)
    return record
  }

  @Test func whatWasAskedComesBack() throws {
    let record = try record()
    let request = InspectTranslation.request(record)
    let host = InspectTranslation.hostConfig(request, record)
    #expect(host.networkMode == "bridge")
    #expect(host.resources.memory == 6_291_456)
    #expect(host.resources.memorySwap == 12_582_912)
    #expect(host.shmSize == 67_108_864)
    #expect(host.ipcMode == "private")
    #expect(host.restartPolicy.name == "no")
    #expect(host.portBindings == ["80/tcp": [PortBinding(hostIP: "", hostPort: "8080")]])
    let config = InspectTranslation.config(request, record)
    #expect(config.hostname == "abababababab")
    #expect(config.env == ["PATH=/bin"])
    #expect(config.cmd == ["nginx"])
    #expect(config.exposedPorts?.keys.sorted() == ["443/tcp", "80/tcp"])
  }

  @Test func updatesShow() throws {
    let record = try record {
      $0.definition.resources.memory = 8 << 20
      $0.definition.restartPolicy = EngineRestartPolicy(.always)
    }
    let host = InspectTranslation.hostConfig(InspectTranslation.request(record), record)
    #expect(host.resources.memory == 8 << 20)
    #expect(host.restartPolicy.name == "always")
  }

  @Test func aStoppedContainerHasItsNetworkWithoutAddresses() throws {
    let record = try record()
    let settings = NetworkTranslation.settings(record)
    #expect(Array(settings.networks.keys) == ["bridge"])
    #expect(settings.ports.isEmpty)
    #expect(settings.ipAddress.isEmpty)
  }

  @Test func aRunningContainerShowsItsPorts() throws {
    let record = try record {
      $0.state.status = .running
      $0.state.pid = 7
      $0.endpoints = [
        ContainerEndpoint(
          networkName: "bridge", networkID: "n", endpointID: "e", interface: "eth0", mac: "m", ipv4: "172.17.0.2",
          ipv4PrefixLength: 16, ipv4Gateway: "172.17.0.1",
          ports: [PublishedPort(container: ContainerPort(number: 80), hostAddress: "0.0.0.0", hostPort: 8080)])
      ]
    }
    let settings = NetworkTranslation.settings(record)
    #expect(settings.ipAddress == "172.17.0.2")
    #expect(settings.networks["bridge"]?.gateway == "172.17.0.1")
    #expect(settings.ports["80/tcp"] == [PortBinding(hostIP: "0.0.0.0", hostPort: "8080")])
    #expect(settings.ports["443/tcp"] == .some(nil))
    #expect(NetworkTranslation.summary(record).map(\.privatePort) == [80, 443])
    #expect(InspectTranslation.state(record).running)
  }

  @Test func aTmpfsOfItsOwnFlagIsNotAMount() throws {
    let record = try record {
      $0.mounts = [
        ContainerMount(kind: .tmpfs, source: "", destination: "/run"),
        ContainerMount(kind: .bind, source: "/a", destination: "/b", readOnly: true),
      ]
    }
    let mounts = InspectTranslation.mounts(record, InspectTranslation.request(record))
    #expect(mounts.map(\.destination) == ["/b"])
    #expect(mounts.map(\.propagation) == ["rprivate"])
    #expect(mounts.map(\.rw) == [false])
  }

  @Test func aContainerFromTheOtherDoorIsShownToo() throws {
    let record = try record { $0.doorState = OpaqueBytes() }
    let request = InspectTranslation.request(record)
    #expect(InspectTranslation.hostConfig(request, record).networkMode == "bridge")
    #expect(InspectTranslation.config(request, record).image == "nginx")
  }
}
