import APIMachinery
import Testing

@testable import ClusterAPI

/// Addresses that are written unlike the standards say: what should stand there instead.
@Suite struct AddressWarningsTests {
  @Test(arguments: [
    ("10.0.0.1", []), ("2001:db8::1", []), ("odd", []),
    ("010.0.0.1", [#"a: non-standard IP address "010.0.0.1" is invalid: use "10.0.0.1""#]),
    ("::ffff:1.2.3.4", [#"a: non-standard IP address "::ffff:1.2.3.4" is invalid: use "1.2.3.4""#]),
    (
      "2001:DB8:0::1",
      [#"a: IPv6 address "2001:DB8:0::1" should be in RFC 5952 canonical format ("2001:db8::1")"#]
    ),
  ])
  func addresses(text: String, expected: [String]) {
    var warnings = Warnings()
    AddressWarnings.address(text, FieldPath("a"), &warnings)
    #expect(warnings.texts == expected)
  }

  @Test(arguments: [
    (
      "Pod", #"{"podIPs":[{"ip":"010.0.0.1"}],"hostIPs":[{"ip":"fd00:0::1"}]}"#,
      ["status.podIPs[0].ip", "status.hostIPs[0].ip"]
    ),
    (
      "Service", #"{"loadBalancer":{"ingress":[{"hostname":"a"},{"ip":"010.0.0.1"}]}}"#,
      ["status.loadBalancer.ingress[1]"]
    ),
    ("Node", #"{"addresses":[{"type":"InternalIP","address":"010.0.0.1"}]}"#, []),
  ])
  func addressesOfAStatus(kind: String, status: String, places: [String]) throws {
    let value = try object(#"{"apiVersion":"v1","kind":"\#(kind)","status":\#(status)}"#)
    let type = GroupVersionKind(group: "", version: "v1", kind: kind)
    let texts = builtin.warnings(of: value, old: value, kind: type, subresource: "status")
    #expect(texts.map { $0.prefix { $0 != ":" } }.map(String.init) == places)
  }

  @Test func addressesOfEndpoints() throws {
    func found(_ manager: String) throws -> [String] {
      let value = try object(
        #"{"metadata":{"labels":{"endpoints.kubernetes.io/managed-by":"\#(manager)"}},"subsets":[{"addresses":[{"ip":"010.0.0.1"}],"notReadyAddresses":[{"ip":"10.0.0.1"}]}]}"#
      )
      return builtin.warnings(
        of: value, old: nil, kind: GroupVersionKind(group: "", version: "v1", kind: "Endpoints"))
    }
    #expect(
      try found("me") == [
        #"subsets[0].addresses[0].ip: non-standard IP address "010.0.0.1" is invalid: use "10.0.0.1""#
      ])
    #expect(try found("endpoint-controller") == [])
  }

  @Test(arguments: [
    ("10.0.0.0/8", []), ("2001:db8::/32", []), ("10.0.0.0", []), ("0.0.0.0/0", []),
    (
      "10.0.0.1/8",
      [#"a: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)"#]
    ),
    ("10.0.0.0/08", [#"a: non-standard CIDR value "10.0.0.0/08" is invalid: use "10.0.0.0/8""#]),
    (
      "2001:DB8::/32",
      [#"a: IPv6 CIDR value "2001:DB8::/32" should be in RFC 5952 canonical format ("2001:db8::/32")"#]
    ),
  ])
  func ranges(text: String, expected: [String]) {
    var warnings = Warnings()
    AddressWarnings.range(text, FieldPath("a"), &warnings)
    #expect(warnings.texts == expected)
  }
}
