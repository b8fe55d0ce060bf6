import DockerAPI
import Testing

@Suite struct CreateRequestTests {
  func decode(_ text: String) throws -> CreateRequest {
    try DockerJSON.decodeBody(CreateRequest.self, from: Array(text.utf8))
  }

  func message(_ text: String) -> String {
    do {
      _ = try DockerJSON.decodeBody(CreateRequest.self, from: Array(text.utf8))
      return ""
    } catch {
      return error.message
    }
  }

  @Test func readsWhatTheCommandLineSends() throws {
    let request = try decode(
      #"""
      {"Hostname":"","User":"","Env":null,"Cmd":["sh","-c","true"],"Image":"busybox","Volumes":{},"Entrypoint":null,
       "Labels":{"a":"b"},"ExposedPorts":{"80/tcp":{}},
       "HostConfig":{"Binds":["/a:/b:ro"],"NetworkMode":"bridge","PortBindings":{"80/tcp":[{"HostIp":"","HostPort":"8080"}]},
       "RestartPolicy":{"Name":"no","MaximumRetryCount":0},"ConsoleSize":[24,80],"Memory":9223372036854775807,"Init":true},
       "NetworkingConfig":{"EndpointsConfig":{"default":{"IPAMConfig":null,"Aliases":["x"]}}},"Unknown":{"a":[1]}}
      """#)
    #expect(request.config.cmd == ["sh", "-c", "true"])
    #expect(request.config.env == nil)
    #expect(request.config.exposedPorts?.keys.sorted() == ["80/tcp"])
    let host = try #require(request.hostConfig)
    #expect(host.resources.memory == .max)
    #expect(host.consoleSize == ConsoleSize(height: 24, width: 80))
    #expect(host.portBindings == ["80/tcp": [PortBinding(hostIP: "", hostPort: "8080")]])
    #expect(host.initProcess == true)
    #expect(request.networkingConfig?.endpointsConfig?["default"]??.aliases == ["x"])
  }

  @Test func takesNamesInAnyCaseAndWordsAsOneString() throws {
    let request = try decode(#"{"image":"busybox","CMD":"true","hostconfig":{"privileged":true}}"#)
    #expect(request.config.image == "busybox")
    #expect(request.config.cmd == ["true"])
    #expect(request.hostConfig?.privileged == true)
  }

  @Test(arguments: [
    ("", "invalid JSON: got EOF while reading request body"),
    ("{", "invalid JSON: unexpected EOF"),
    ("{x}", "invalid JSON: invalid character 'x' looking for beginning of object key string"),
    ("{}{}", "unexpected content after JSON"),
    ("[]", "invalid JSON: json: cannot unmarshal array into Go value of type container.CreateRequest"),
    (
      #"{"HostConfig":{"Memory":"x"}}"#,
      "invalid JSON: json: cannot unmarshal string into Go struct field HostConfig.HostConfig.Resources.Memory of type int64"
    ),
    (
      #"{"Env":[1]}"#,
      "invalid JSON: json: cannot unmarshal number into Go struct field CreateRequest.Config.Env of type string"
    ),
    (
      #"{"HostConfig":{"BlkioWeight":70000}}"#,
      "invalid JSON: json: cannot unmarshal number 70000 into Go struct field HostConfig.HostConfig.Resources.BlkioWeight of type uint16"
    ),
    (
      #"{"Tty":"yes"}"#,
      "invalid JSON: json: cannot unmarshal string into Go struct field CreateRequest.Config.Tty of type bool"
    ),
  ])
  func refusesInGosWords(text: String, expected: String) {
    #expect(message(text) == expected)
  }

  @Test func printsHostConfigInDockersOrder() throws {
    let text = String(decoding: DockerJSON.encode(HostConfig()), as: UTF8.self)
    #expect(
      text
        == #"{"Binds":null,"ContainerIDFile":"","LogConfig":{"Type":"","Config":null},"NetworkMode":"","PortBindings":null,"#
        + #""RestartPolicy":{"Name":"","MaximumRetryCount":0},"AutoRemove":false,"VolumeDriver":"","VolumesFrom":null,"#
        + #""ConsoleSize":[0,0],"CapAdd":null,"CapDrop":null,"CgroupnsMode":"","Dns":null,"DnsOptions":null,"#
        + #""DnsSearch":null,"ExtraHosts":null,"GroupAdd":null,"IpcMode":"","Cgroup":"","Links":null,"OomScoreAdj":0,"#
        + #""PidMode":"","Privileged":false,"PublishAllPorts":false,"ReadonlyRootfs":false,"SecurityOpt":null,"#
        + #""UTSMode":"","UsernsMode":"","ShmSize":0,"Isolation":"","CpuShares":0,"Memory":0,"NanoCpus":0,"#
        + #""CgroupParent":"","BlkioWeight":0,"BlkioWeightDevice":null,"BlkioDeviceReadBps":null,"#
        + #""BlkioDeviceWriteBps":null,"BlkioDeviceReadIOps":null,"BlkioDeviceWriteIOps":null,"CpuPeriod":0,"#
        + #""CpuQuota":0,"CpuRealtimePeriod":0,"CpuRealtimeRuntime":0,"CpusetCpus":"","CpusetMems":"","Devices":null,"#
        + #""DeviceCgroupRules":null,"DeviceRequests":null,"MemoryReservation":0,"MemorySwap":0,"#
        + #""MemorySwappiness":null,"OomKillDisable":null,"PidsLimit":null,"Ulimits":null,"CpuCount":0,"#
        + #""CpuPercent":0,"IOMaximumIOps":0,"IOMaximumBandwidth":0,"MaskedPaths":null,"ReadonlyPaths":null}"#)
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    var request = CreateRequest()
    request.config.image = "a"
    request.config.entrypoint = ["x", "y"]
    request.hostConfig = HostConfig()
    request.hostConfig?.resources.pidsLimit = 7
    request.hostConfig?.portBindings = ["53/udp": nil]
    let again = try DockerJSON.decode(CreateRequest.self, from: DockerJSON.encode(request))
    #expect(again == request)
  }
}
