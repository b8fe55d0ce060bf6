import APIMachinery
import Testing

@testable import ClusterAPI

@Suite struct AddressFormsTests {
  private static func texts(_ judge: (inout Findings) -> Void) -> [String] {
    var findings = Findings()
    judge(&findings)
    return findings.errors.map(\.detail)
  }

  private static let anAddress = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
  private static let aRange = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"

  @Test(
    arguments: [
      ("10.9.8.7", nil, nil), ("2001:db8::ffff", nil, nil), ("10.09.8.7", "must not have leading 0s", nil),
      ("::ffff:10.9.8.7", "must not be an IPv4-mapped IPv6 address", nil), ("10.9.8", anAddress, nil),
      ("10.9.8.256", anAddress, nil), ("", anAddress, nil), (".9.8.7", anAddress, nil),
      ("2001:DB8::1", nil, #"must be in canonical form ("2001:db8::1")"#),
      ("2001:db8:0:0:0:0:0:1", nil, #"must be in canonical form ("2001:db8::1")"#),
    ] as [(String, String?, String?)])
  func addresses(text: String, problem: String?, form: String?) {
    #expect(AddressRules.problems(ofAddress: text) == [problem].compactMap { $0 })
    #expect(AddressRules.problems(ofCanonicalAddress: text) == [problem ?? form].compactMap { $0 })
    // What an object has it keeps.
    #expect(Self.texts { AddressRules.address(text, old: [text], FieldPath("x"), &$0) } == [])
  }

  @Test(
    arguments: [
      ("10.0.0.0/8", nil, nil), ("2001:db8::/32", nil, nil), ("10.0.0.0", aRange, nil), ("10.0.0.0/33", aRange, nil),
      ("10.0.0.0/+8", aRange, nil), ("10.0.0.0/08", "must not have leading 0s in IP or prefix length", nil),
      ("010.0.0.0/8", "must not have leading 0s in IP or prefix length", nil),
      ("10.0.0.1/8", "must not have bits set beyond the prefix length", nil),
      ("::ffff:10.0.0.0/104", "must not have an IPv4-mapped IPv6 address", nil),
      ("2001:DB8::/32", nil, #"must be in canonical form ("2001:db8::/32")"#),
    ] as [(String, String?, String?)])
  func ranges(text: String, problem: String?, form: String?) {
    #expect(
      Self.texts { AddressRules.range(text, FieldPath("x"), &$0) } == [problem].compactMap { $0 })
    #expect(
      Self.texts { AddressRules.canonicalRange(text, FieldPath("x"), &$0) } == [problem ?? form].compactMap { $0 })
  }

  @Test(
    arguments: [
      ("10.9.8.7/24", nil), ("2001:db8::1/64", nil),
      ("10.9.8.7", "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)"),
      ("2001:DB8::1/64", #"must be in canonical form ("2001:db8::1/64")"#),
      ("10.09.8.7/24", #"must be in canonical form ("10.9.8.7/24")"#),
      ("::ffff:192.168.0.1/120", #"must be in canonical form ("192.168.0.1/24")"#),
    ])
  func interfaceAddresses(text: String, problem: String?) {
    #expect(
      Self.texts { AddressRules.interfaceAddress(text, FieldPath("x"), &$0) } == [problem].compactMap { $0 })
  }

  @Test(
    arguments: [
      ("::", "::"), ("0:0:1:0:0:0:1:0", "0:0:1::1:0"), ("1:0:1:0:1:0:1:0", "1:0:1:0:1:0:1:0"),
      ("1:0:0:2:0:0:3:4", "1::2:0:0:3:4"), ("::1", "::1"), ("fe80:0:0:0:0:0:0:0", "fe80::"),
      ("::ffff:1.2.3.4", "1.2.3.4"), ("1.2.3.4", "1.2.3.4"),
    ])
  func canonicalForms(text: String, form: String) throws {
    #expect(AddressRules.text(try #require(AddressRules.bytes(text))) == form)
  }

  @Test func warnings() throws {
    let policy = try complete(
      #"{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","spec":{"podSelector":{},"egress":[{"to":[{"ipBlock":{"cidr":"10.0.0.1/8","except":["2001:DB8::/32","010.1.0.0/16"]}}]}]}}"#
    )
    let path = "spec.egress[0].to[0].ipBlock"
    #expect(
      builtin.warnings(of: policy, old: nil, kind: try #require(kindOf(policy))) == [
        #"\#(path).cidr: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)"#,
        #"\#(path).except[0]: IPv6 CIDR value "2001:DB8::/32" should be in RFC 5952 canonical format ("2001:db8::/32")"#,
        #"\#(path).except[1]: non-standard CIDR value "010.1.0.0/16" is invalid: use "10.1.0.0/16""#,
      ])
    func slice(_ labels: String) throws -> [String] {
      let slice = try complete(
        #"{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"labels":{\#(labels)}},"addressType":"IPv6","endpoints":[{"addresses":["2001:DB8::1"]}]}"#
      )
      return builtin.warnings(of: slice, old: nil, kind: try #require(kindOf(slice)))
    }
    #expect(
      try slice("") == [
        #"endpoints[0].addresses[0]: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")"#
      ])
    #expect(try slice(#""endpointslice.kubernetes.io/managed-by":"endpointslice-controller.k8s.io""#) == [])
    let names = try complete(
      #"{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","addressType":"FQDN","endpoints":[{"addresses":["a.io"]}]}"#
    )
    #expect(
      builtin.warnings(of: names, old: nil, kind: try #require(kindOf(names))) == [
        "spec.addressType: FQDN endpoints are deprecated"
      ])
  }

  /// What a policy names already it may go on naming.
  @Test func changesOfPolicies() throws {
    func policy(_ range: String) -> String {
      #"{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"p","namespace":"n"},"spec":{"podSelector":{},"ingress":[{"from":[{"ipBlock":{"cidr":"\#(range)"}}]}]}}"#
    }
    #expect(try problems(policy("10.0.0.1/8")).count == 1)
    #expect(try problems(of: policy("10.0.0.1/8"), after: policy("10.0.0.1/8")) == [])
    #expect(try problems(of: policy("10.0.0.2/8"), after: policy("10.0.0.1/8")).count == 1)
  }

  /// One of version 4 is that in any clothes.
  @Test func families() {
    #expect(AddressFamilies.areBoth(addresses: ["10.9.8.7", "2001:db8::1", "10.9.8.6"]) == (true, nil))
    #expect(AddressFamilies.areBoth(addresses: ["10.9.8.7", "::ffff:10.9.8.6"]) == (false, nil))
    #expect(AddressFamilies.areBoth(addresses: ["10.9.8.7", "x"]) == (false, "invalid IP[1]: x"))
    #expect(AddressFamilies.areBoth(ranges: ["010.0.0.0/8", "2001:db8::/32"]) == (true, nil))
    #expect(AddressFamilies.areBoth(ranges: ["10.0.0.0/8", "::ffff:0.0.0.0/96"]) == (false, nil))
    #expect(
      AddressFamilies.areBoth(ranges: ["10.0.0.0"]) == (
        false, "invalid CIDR[0]: <nil> (invalid CIDR address: 10.0.0.0)"
      ))
  }
}
