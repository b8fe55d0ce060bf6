import NetworkModel
import Testing

@testable import ContainerEngine

@Suite struct NetworkDefaultsTests {
  private let defaults = ["bridge": ["mtu": "1234", "com.docker.network.enable_ipv6": "true"], "macvlan": ["x": "y"]]

  @Test func optionsOfTheDriverAreAdded() throws {
    var request = NetworkRequest(name: "a")
    request.options = ["own": "1", "mtu": "1400"]
    let complete = try NetworkDefaults.complete(request, defaults: defaults)
    #expect(complete.options == ["own": "1", "mtu": "1400", "com.docker.network.enable_ipv6": "true"])
    #expect(complete.hasIPv6 == true && complete.hasIPv4 == nil)
    request.options = [:]
    #expect(try NetworkDefaults.complete(request, defaults: defaults).options == defaults["bridge"])
    request.driver = .macvlan
    #expect(try NetworkDefaults.complete(request, defaults: defaults).options == ["x": "y"])
  }

  @Test func configurationsAreTakenOverAsTheyAre() throws {
    var request = NetworkRequest(name: "a")
    request.configuredFrom = "b"
    #expect(try NetworkDefaults.complete(request, defaults: defaults).options.isEmpty)
  }

  @Test func theRequestGoesBeforeOptions() throws {
    var request = NetworkRequest(name: "a")
    request.hasIPv6 = false
    request.hasIPv4 = true
    request.options = ["com.docker.network.enable_ipv4": "nonsense"]
    let complete = try NetworkDefaults.complete(request, defaults: defaults)
    #expect(complete.hasIPv6 == false && complete.hasIPv4 == true)
    #expect(complete.options == ["mtu": "1234"])
  }

  @Test func familiesThatAreNoBooleansAreRefused() {
    var request = NetworkRequest(name: "a")
    request.options = ["com.docker.network.enable_ipv6": "maybe"]
    #expect {
      try NetworkDefaults.complete(request, defaults: [:])
    } throws: { error in
      "\(error)".contains(#"driver-opt "com.docker.network.enable_ipv6" is not a valid bool"#)
    }
  }
}
