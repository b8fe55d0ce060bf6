import APIMachinery
import ClusterAPI
import Testing

@testable import APIServer

@Suite struct ServiceFamiliesTests {
  private let one = ServiceFamilies(configured: ["IPv4"])
  private let two = ServiceFamilies(configured: ["IPv6", "IPv4"])

  private func spec(_ json: String) throws -> ServiceSpec { ServiceSpec(try JSONValue(json: Array(json.utf8))) }

  /// What is filled in: the policy, and the families.
  private func filled(_ families: ServiceFamilies, _ json: String, old: String? = nil) throws -> (String?, [String]) {
    var service = try spec(json)
    let errors = families.fill(&service, old: try old.map { try spec($0) })
    #expect(errors.isEmpty, "\(errors)")
    return (service.ipFamilyPolicy, service.ipFamilies)
  }

  private func errors(_ families: ServiceFamilies, _ json: String, old: String? = nil) throws -> [String] {
    var service = try spec(json)
    return families.fill(&service, old: try old.map { try spec($0) }).map(\.description)
  }

  @Test func newServices() throws {
    #expect(try filled(one, "{}") == ("SingleStack", ["IPv4"]))
    #expect(try filled(two, "{}") == ("SingleStack", ["IPv6"]))
    #expect(try filled(one, #"{"ipFamilyPolicy":"PreferDualStack"}"#) == ("PreferDualStack", ["IPv4"]))
    #expect(try filled(two, #"{"ipFamilyPolicy":"PreferDualStack"}"#) == ("PreferDualStack", ["IPv6", "IPv4"]))
    #expect(
      try filled(two, #"{"ipFamilyPolicy":"RequireDualStack","ipFamilies":["IPv4"]}"#)
        == ("RequireDualStack", ["IPv4", "IPv6"]))
    #expect(
      try filled(two, #"{"clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1"]}"#) == ("SingleStack", ["IPv4"]))
    #expect(try filled(one, #"{"type":"ExternalName"}"#) == (nil, []))
    #expect(
      try filled(one, #"{"clusterIP":"None","clusterIPs":["None"]}"#) == ("RequireDualStack", ["IPv4", "IPv6"]))
    #expect(
      try filled(one, #"{"clusterIP":"None","clusterIPs":["None"],"selector":{"a":"b"}}"#) == ("SingleStack", ["IPv4"]))
  }

  @Test func refusals() throws {
    #expect(
      try errors(one, #"{"ipFamilyPolicy":"RequireDualStack"}"#) == [
        #"spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services"#
      ])
    #expect(
      try errors(one, #"{"ipFamilies":["IPv6"]}"#) == [
        #"spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster"#
      ])
    #expect(
      try errors(one, #"{"clusterIP":"fd00::1","clusterIPs":["fd00::1"]}"#) == [
        #"spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster"#
      ])
    #expect(
      try errors(two, #"{"ipFamilies":["IPv4","IPv6"]}"#) == [
        #"spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified"#
      ])
    #expect(
      try errors(two, #"{"ipFamilies":["IPv4"],"clusterIP":"fd00::1","clusterIPs":["fd00::1"]}"#) == [
        #"spec.clusterIPs[0]: Invalid value: "fd00::1": expected an IPv4 value as indicated by `ipFamilies[0]`"#
      ])
  }

  private let both =
    #"{"ipFamilyPolicy":"PreferDualStack","ipFamilies":["IPv6","IPv4"],"clusterIP":"fd00::1","clusterIPs":["fd00::1","10.0.0.1"]}"#

  @Test func changes() throws {
    // A service that prefers two families and has one keeps to that in a cluster that has got the second.
    let single =
      #"{"ipFamilyPolicy":"PreferDualStack","ipFamilies":["IPv4"],"clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1"]}"#
    #expect(try filled(two, single, old: single) == ("PreferDualStack", ["IPv4"]))
    #expect(
      try filled(two, single.replacing("Prefer", with: "Require"), old: single)
        == ("RequireDualStack", ["IPv4", "IPv6"]))
    #expect(
      try filled(two, both.replacing("PreferDualStack", with: "SingleStack"), old: both) == ("SingleStack", ["IPv6"]))
    #expect(
      try errors(two, both.replacing(#","IPv4""#, with: ""), old: both) == [
        #"spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be 'SingleStack' to release the secondary IP family"#
      ])
    // Whoever says nothing of the policy keeps it.
    let silent = both.replacing(#""ipFamilyPolicy":"PreferDualStack","#, with: "")
    #expect(try filled(two, silent, old: both) == ("PreferDualStack", ["IPv6", "IPv4"]))
  }
}

extension String {
  fileprivate func replacing(_ part: String, with other: String) -> String {
    guard let range = firstRange(of: part) else { return self }
    return String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
  }
}
