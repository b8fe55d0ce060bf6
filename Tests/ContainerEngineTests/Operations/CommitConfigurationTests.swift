import OCI
import Testing

@testable import ContainerEngine

@Suite struct CommitConfigurationTests {
  @Test func containersDefinitionInAnImagesWords() {
    let definition = makeRecord {
      $0.entrypoint = ["/e"]
      $0.command = ["c"]
      $0.environment = ["A=1"]
      $0.exposedPorts = [ContainerPort(number: 80)]
      $0.anonymousVolumes = ["/v"]
      $0.healthCheck = HealthCheck()
      $0.healthCheck?.test = ["CMD", "t"]
    }.definition
    let configuration = ContainerEngine.configuration(of: definition)
    #expect(configuration.entrypoint == ["/e"])
    #expect(configuration.exposedPorts?.keys.sorted() == ["80/tcp"])
    #expect(configuration.volumes?.keys.sorted() == ["/v"])
    #expect(configuration.healthcheck?.test == ["CMD", "t"])
  }

  @Test func whatIsNotSaidComesFromTheContainer() {
    var own = ProcessConfiguration()
    own.command = ["own"]
    own.entrypoint = ["/own"]
    own.environment = ["A=1", "B=2"]
    own.labels = ["l": "own", "m": "own"]
    var new = ProcessConfiguration()
    new.environment = ["B=3"]
    new.labels = ["l": "new"]
    let merged = ContainerEngine.merged(new, over: own)
    #expect(merged.command == ["own"])
    #expect(merged.entrypoint == ["/own"])
    #expect(merged.environment == ["B=3", "A=1"])
    #expect(merged.labels == ["l": "new", "m": "own"])
    new.entrypoint = ["/new"]
    #expect(ContainerEngine.merged(new, over: own).command == nil)
  }
}
