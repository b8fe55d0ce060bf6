import DockerAPI
import Testing

@Suite struct ValidationTests {
  func refusal(_ change: (inout CreateRequest) -> Void) -> String {
    var request = CreateRequest()
    request.hostConfig = HostConfig()
    change(&request)
    do throws(QueryError) {
      try request.validateConflicts()
      try request.config.validate()
      try request.hostConfig?.validate()
      return ""
    } catch {
      return error.message
    }
  }

  @Test func anEmptyRequestIsFine() {
    #expect(refusal { _ in } == "")
  }

  @Test func conflictsAreRefusedInDockersWords() {
    #expect(
      refusal {
        $0.hostConfig?.networkMode = "container:x"
        $0.config.hostname = "h"
      } == "conflicting options: hostname and the network mode")
    #expect(
      refusal { $0.hostConfig?.networkMode = "container:" }
        == "invalid network mode: invalid container format container:<name|id>")
    #expect(
      refusal {
        $0.hostConfig?.autoRemove = true
        $0.hostConfig?.restartPolicy.name = "always"
      } == "can't create 'AutoRemove' container with restart policy")
    #expect(refusal { $0.hostConfig?.resources.memory = 1 } == "Minimum memory limit allowed is 6MB")
    #expect(refusal { $0.hostConfig?.pidMode = "x" } == "invalid PID mode: x")
    #expect(
      refusal { $0.hostConfig?.oomScoreAdj = 1001 } == "Invalid value 1001, range for oom score adj is [-1000, 1000]")
    #expect(refusal { $0.hostConfig?.capAdd = ["foo"] } == #"invalid CapAdd: unknown capability: "CAP_FOO""#)
    #expect(
      refusal { $0.config.workingDir = "a" }
        == "the working directory 'a' is invalid, it needs to be an absolute path")
    #expect(refusal { $0.config.stopSignal = "NOPE" } == "invalid signal: NOPE")
    #expect(
      refusal { $0.hostConfig?.restartPolicy.name = "x" }
        == "invalid restart policy: unknown policy 'x'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'")
    #expect(
      refusal { $0.hostConfig?.portBindings = ["80/tcp": [PortBinding(hostIP: "", hostPort: "x")]] }
        == #"invalid port specification: "x""#)
    #expect(refusal { $0.hostConfig?.extraHosts = ["a"] } == #"bad format for add-host: "a""#)
    #expect(refusal { $0.hostConfig?.extraHosts = ["a:host-gateway", "b:::1", "c:1.2.3.4"] } == "")
  }

  @Test func mountsAreChecked() {
    var mount = MountRequest()
    mount.type = "bind"
    #expect(throws: QueryError(#"invalid mount config for type "bind": field Target must not be empty"#)) {
      try mount.validate()
    }
    mount.target = "/a"
    #expect(throws: QueryError(#"invalid mount config for type "bind": field Source must not be empty"#)) {
      try mount.validate()
    }
    mount.source = "/b"
    #expect(throws: Never.self) { try mount.validate() }
    mount.target = "/x/.."
    #expect(throws: QueryError.self) { try mount.validate() }
  }

  @Test func bindsAreRead() throws {
    let bind = try BindSpec("/a/../b:/c/:ro,rslave")
    #expect(bind.source == "/b" && bind.destination == "/c" && bind.readOnly && bind.propagation == "rslave")
    #expect(try BindSpec("data:/data").isVolume)
    for wrong in [
      "a", "a:", ":/b", "/a:b", "/a:/", "/a:/b:xx", "/a:/b:ro,rw", "x:/b", "../a:/b", "vol:/b:shared", "a:b:c:d",
    ] {
      #expect(throws: QueryError.self, "\(wrong)") { try BindSpec(wrong) }
    }
  }

  @Test func portsAndSignalsAreRead() throws {
    #expect(try PortSpec("80").protocolName == "tcp")
    #expect(try PortSpec("8000-8002/udp").ports == 8000...8002)
    #expect(try PortSpec.hostRange("") == nil)
    #expect(try PortSpec.hostRange("8080") == 8080...8080)
    #expect(throws: QueryError.self) { try PortSpec("80/icmp") }
    #expect(throws: QueryError.self) { try PortSpec("70000") }
    #expect(SignalName.number("SIGTERM") == 15 && SignalName.number("9") == 9 && SignalName.number("rtmin+3") == 37)
    #expect(SignalName.number("0") == nil && SignalName.number("65") == nil && SignalName.number("FOO") == nil)
  }

  @Test func versionsAreNegotiated() throws {
    #expect(try #require(APIVersion("1.9")) < APIVersion.oldest)
    #expect(
      throws: QueryError(
        "client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version"
      )
    ) { try APIVersion(1, 23).validate() }
    #expect(throws: QueryError("client version 1.99 is too new. Maximum supported API version is 1.50")) {
      try APIVersion(1, 99).validate()
    }
    #expect(throws: Never.self) { try APIVersion(1, 43).validate() }
    #expect(APIVersion("1.x") == nil)
  }
}
