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
