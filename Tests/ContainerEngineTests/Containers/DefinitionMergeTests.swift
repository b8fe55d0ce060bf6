import OCI
import Testing

@testable import ContainerEngine

@Suite struct DefinitionMergeTests {
  private func image(_ change: (inout ProcessConfiguration) -> Void) -> ProcessConfiguration {
    var configuration = ProcessConfiguration()
    configuration.entrypoint = ["/entry"]
    configuration.command = ["serve"]
    configuration.environment = ["PATH=/bin", "COLOR=red"]
    change(&configuration)
    return configuration
  }

  @Test func imageFillsWhatTheUserLeftOut() {
    let merged = DefinitionMerge.merged(
      ContainerDefinition(image: "x"),
      with: image {
        $0.user = "app"
        $0.workingDirectory = "/srv"
        $0.stopSignal = "SIGQUIT"
        $0.stopTimeout = 3
        $0.labels = ["a": "1"]
        $0.exposedPorts = ["80/tcp": EmptyObject(), "53/udp": EmptyObject(), "nonsense": EmptyObject()]
        $0.volumes = ["/data": EmptyObject()]
      })
    #expect(merged.entrypoint == ["/entry"])
    #expect(merged.command == ["serve"])
    #expect(merged.user == "app")
    #expect(merged.workingDirectory == "/srv")
    #expect(merged.stopSignal == "SIGQUIT")
    #expect(merged.stopTimeout == 3)
    #expect(merged.labels == ["a": "1"])
    #expect(merged.exposedPorts == [ContainerPort(number: 53, transport: "udp"), ContainerPort(number: 80)])
    #expect(merged.anonymousVolumes == ["/data"])
  }

  @Test func userCommandKeepsTheImagesEntrypoint() {
    var request = ContainerDefinition(image: "x")
    request.command = ["other"]
    let merged = DefinitionMerge.merged(request, with: image { _ in })
    #expect(merged.entrypoint == ["/entry"])
    #expect(merged.command == ["other"])
  }

  @Test func userEntrypointDropsTheImagesCommand() {
    var request = ContainerDefinition(image: "x")
    request.entrypoint = ["/mine"]
    let merged = DefinitionMerge.merged(request, with: image { _ in })
    #expect(merged.entrypoint == ["/mine"])
    #expect(merged.command == nil)
  }

  @Test func usersEnvironmentWinsByName() {
    var request = ContainerDefinition(image: "x")
    request.environment = ["COLOR=blue", "PATH"]
    let merged = DefinitionMerge.merged(request, with: image { _ in })
    #expect(merged.environment == ["COLOR=blue", "PATH"])
  }

  @Test func usersLabelWins() {
    var request = ContainerDefinition(image: "x")
    request.labels = ["a": "mine"]
    let merged = DefinitionMerge.merged(request, with: image { $0.labels = ["a": "image", "b": "image"] })
    #expect(merged.labels == ["a": "mine", "b": "image"])
  }

  @Test func healthCheckIsFilledFieldByField() {
    var request = ContainerDefinition(image: "x")
    request.healthCheck = HealthCheck()
    request.healthCheck?.retries = 7
    var check = ProcessConfiguration.Healthcheck()
    check.test = ["CMD", "true"]
    check.retries = 2
    check.interval = 5
    let merged = DefinitionMerge.merged(request, with: image { $0.healthcheck = check })
    #expect(merged.healthCheck?.test == ["CMD", "true"])
    #expect(merged.healthCheck?.retries == 7)
    #expect(merged.healthCheck?.interval == 5)
  }

  @Test(
    arguments: [
      ("80", 80, "tcp"), ("53/udp", 53, "udp"), ("9/SCTP", 9, "sctp"),
    ] as [(String, UInt16, String)])
  func portsAreRead(_ text: String, _ number: UInt16, _ transport: String) {
    #expect(ContainerPort(specification: text) == ContainerPort(number: number, transport: transport))
  }

  @Test(arguments: ["", "0", "65536", "80/", "80/icmp", "80/tcp/x", "a"])
  func badPortsAreRefused(_ text: String) { #expect(ContainerPort(specification: text) == nil) }
}
