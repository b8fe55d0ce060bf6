import ContainerEngine
import DockerAPI
import Testing

@testable import DockerServer

@Suite struct TranslationTests {
  func definition(_ json: String, version: APIVersion = .newest) throws -> ContainerDefinition {
    var request = try DockerJSON.decodeBody(CreateRequest.self, from: Array(json.utf8))
    try request.validateConflicts()
    _ = try VersionAdaptation.adapt(&request, to: version)
    try request.config.validate()
    try request.hostConfig?.validate()
    HostDefaults.fill(&request, EngineConfiguration(), cgroupVersion: 2)
    return try DefinitionTranslation.definition(request)
  }

  func refusal(_ json: String, version: APIVersion = .newest) -> String {
    do {
      _ = try definition(json, version: version)
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func aPublishedPortIsTranslated() throws {
    let definition = try definition(
      #"{"Image":"nginx","Cmd":["a","b"],"Env":["A=1"],"ExposedPorts":{"80/tcp":{}},"HostConfig":{"PortBindings":{"#
        + #""80/tcp":[{"HostIp":"127.0.0.1","HostPort":"8080"},{"HostPort":""}],"53/udp":[{"HostPort":"5300-5310"}]}}}"#
    )
    #expect(definition.image == "nginx")
    #expect(definition.command == ["a", "b"])
    #expect(definition.network == .network("default"))
    #expect(
      definition.publishedPorts == [
        PublishedPortRequest(
          container: ContainerPort(number: 53, transport: "udp"), firstHostPort: 5300, lastHostPort: 5310),
        PublishedPortRequest(
          container: ContainerPort(number: 80), hostAddress: "127.0.0.1", firstHostPort: 8080, lastHostPort: 8080),
        PublishedPortRequest(container: ContainerPort(number: 80)),
      ])
    #expect(definition.exposedPorts.map(\.number) == [53, 80])
  }

  @Test func rangesBindPairwise() throws {
    let definition = try definition(
      #"{"Image":"a","HostConfig":{"PortBindings":{"8000-8002/tcp":[{"HostPort":"9000-9002"}]}}}"#)
    #expect(definition.publishedPorts.map(\.firstHostPort) == [9000, 9001, 9002])
    #expect(definition.publishedPorts.map(\.lastHostPort) == [9000, 9001, 9002])
  }

  @Test func mountsAreTranslated() throws {
    let definition = try definition(
      #"{"Image":"a","Volumes":{"/anon":{},"/data":{}},"HostConfig":{"Binds":["/src:/dst:ro","vol:/data:nocopy"],"#
        + #""Tmpfs":{"/tmp":"size=1m"},"Mounts":[{"Type":"tmpfs","Target":"/t","TmpfsOptions":{"SizeBytes":4096,"Mode":448}},"#
        + #"{"Type":"volume","Source":"named","Target":"/n","VolumeOptions":{"NoCopy":true}}]}}"#)
    let byTarget = Dictionary(uniqueKeysWithValues: definition.mounts.map { ($0.target, $0) })
    #expect(byTarget["/dst"]?.kind == .bind)
    #expect(byTarget["/dst"]?.readOnly == true)
    #expect(byTarget["/dst"]?.createSource == true)
    #expect(byTarget["/data"]?.kind == .volume)
    #expect(byTarget["/data"]?.noCopy == true)
    #expect(byTarget["/tmp"]?.options == "size=1m")
    #expect(byTarget["/t"]?.options == "size=4096,mode=700")
    #expect(byTarget["/n"]?.noCopy == true)
    #expect(definition.anonymousVolumes == ["/anon"])
  }

  @Test func aPlaceInsideAVolumeIsRefused() {
    #expect(throws: QueryError.self) {
      try definition(
        #"{"Image":"a","HostConfig":{"Mounts":[{"Type":"volume","Source":"v","Target":"/n","#
          + #""VolumeOptions":{"Subpath":"s"}}]}}"#)
    }
  }

  @Test(arguments: ["null", "[]", "[{}]"])
  func aPortWithoutABindingIsPublishedSomewhere(bindings: String) throws {
    let definition = try definition(#"{"Image":"a","HostConfig":{"PortBindings":{"80/tcp":\#(bindings)}}}"#)
    #expect(definition.publishedPorts == [PublishedPortRequest(container: ContainerPort(number: 80, transport: "tcp"))])
  }

  @Test func limitsAndNamespacesAreTranslated() throws {
    let definition = try definition(
      #"{"Image":"a","HostConfig":{"Memory":10000000,"NanoCpus":1500000000,"PidsLimit":-1,"IpcMode":"container:x","#
        + #""PidMode":"host","CapAdd":["net_admin"],"SecurityOpt":["no-new-privileges","seccomp=unconfined"],"#
        + #""NetworkMode":"none","RestartPolicy":{"Name":"on-failure","MaximumRetryCount":3},"Ulimits":[{"Name":"nofile","Soft":1,"Hard":2}]}}"#
    )
    #expect(definition.resources.memory == 10_000_000)
    #expect(definition.resources.memorySwap == 20_000_000)
    #expect(definition.resources.nanoCPUs == 1_500_000_000)
    #expect(definition.resources.pids == nil)
    #expect(definition.namespaces.ipc == .container("x"))
    #expect(definition.namespaces.pid == .host)
    #expect(definition.security.addedCapabilities == ["CAP_NET_ADMIN"])
    #expect(definition.security.noNewPrivileges)
    #expect(definition.security.seccompProfile == "unconfined")
    #expect(definition.network == .none)
    #expect(definition.restartPolicy.mode == .onFailure)
    #expect(definition.restartPolicy.maximumRetries == 3)
    #expect(definition.resourceLimits == [ProcessLimit(name: "nofile", soft: 1, hard: 2)])
  }

  @Test func whatIsNotDoneIsRefusedByName() {
    #expect(
      refusal(#"{"Image":"a","HostConfig":{"Binds":["/a:/x","/b:/x/"]}}"#) == "Duplicate mount point: /x")
    #expect(refusal(#"{"Image":"a","HostConfig":{"SecurityOpt":["foo"]}}"#) == #"invalid --security-opt 1: "foo""#)
    #expect(
      refusal(
        #"{"Image":"a","HostConfig":{"Mounts":[{"Type":"volume","Target":"/a","VolumeOptions":{"Subpath":"x"}}]}}"#,
        version: APIVersion(1, 44)) == "VolumeOptions.Subpath needs API v1.45 or newer")
  }

  @Test func oldClientsMeanOldThings() throws {
    let old = try definition(#"{"Image":"a","HostConfig":{"AutoRemove":true}}"#, version: APIVersion(1, 24))
    #expect(!old.autoRemove)
    #expect(old.namespaces.ipc == .shareable)
    #expect(try definition(#"{"Image":"a"}"#).namespaces.ipc == .private)
  }

  @Test func theEngineWideAddressMovesToItsEndpoint() throws {
    let definition = try definition(#"{"Image":"a","MacAddress":"02:42:ac:11:00:02"}"#)
    #expect(definition.endpoints["bridge"]?.mac == "02:42:ac:11:00:02")
  }
}
