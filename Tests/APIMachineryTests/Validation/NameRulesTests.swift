import APIMachinery
import Testing

@Suite("Names")
struct NameRulesTests {
  private static let long = String(repeating: "a", count: 64)
  private static let label =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
  private static let subdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

  @Test(
    "labels of domain names",
    arguments: [
      ("a", []), ("1-a", []), ("a.b", ["must not contain dots"]), ("", [label]), ("A", [label]), ("-a", [label]),
      ("a-", [label]), ("a_b", [label]), ("é", [label]), (long, ["must be no more than 63 characters"]),
    ] as [(String, [String])])
  func labels(text: String, messages: [String]) {
    #expect(NameRules.dns1123Label(text) == messages)
  }

  @Test(
    "domain names",
    arguments: [
      ("a", []), ("a.b-c.1", []), ("", [subdomain]), ("a..b", [subdomain]), (".a", [subdomain]), ("a.", [subdomain]),
      ("A.b", [subdomain]), ("a.-b", [subdomain]),
      (String(repeating: "a", count: 254), ["must be no more than 253 characters"]),
    ] as [(String, [String])])
  func subdomains(text: String, messages: [String]) {
    #expect(NameRules.dns1123Subdomain(text) == messages)
  }

  @Test(
    "labels that begin with a letter",
    arguments: [("a1", true), ("1a", false), ("a-", false), ("", false), ("A", false)])
  func oldLabels(text: String, right: Bool) {
    #expect(
      NameRules.dns1035Label(text)
        == (right
          ? []
          : [
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
          ]))
  }

  @Test(
    "keys of labels",
    arguments: [
      ("a", 0), ("A_b.c-1", 0), ("x.io/a", 0), ("", 2), ("/a", 1), ("x.io/", 2), ("a/b/c", 1), ("X.io/a", 1),
      ("a b", 1),
      (long, 1), ("-", 1),
    ])
  func keys(text: String, count: Int) {
    #expect(NameRules.labelKey(text).count == count)
  }

  @Test("the words about keys")
  func keyWords() {
    let form =
      "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
    #expect(NameRules.labelKey("") == ["name part must be non-empty", "name part \(form)"])
    #expect(NameRules.labelKey("/a") == ["prefix part must be non-empty"])
    #expect(NameRules.labelKey("X/a") == ["prefix part \(Self.subdomain)"])
    #expect(NameRules.labelKey(Self.long) == ["name part must be no more than 63 bytes"])
    #expect(
      NameRules.labelKey("a/b/c") == [
        "a valid label key \(form) with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
      ])
    #expect(NameRules.annotationKey("X.IO/A").isEmpty)
    #expect(NameRules.labelValue(Self.long) == ["must be no more than 63 bytes"])
    #expect(NameRules.labelValue("").isEmpty)
    #expect(NameRules.labelValue("a/b").count == 1)
  }

  @Test("other names")
  func others() {
    #expect(NameRules.pathSegment("a:b").isEmpty)
    #expect(NameRules.pathSegment("..") == ["may not be '..'"])
    #expect(NameRules.pathSegment("a/b%c") == ["may not contain '/'", "may not contain '%'"])
    #expect(NameRules.configMapKey("a.B_c-1").isEmpty)
    #expect(NameRules.configMapKey("..a") == ["must not start with '..'"])
    #expect(NameRules.configMapKey(".") == ["must not be '.'"])
    #expect(NameRules.configMapKey("").count == 1)
    #expect(NameRules.environmentVariable("A.b-1").isEmpty)
    #expect(NameRules.environmentVariable("1A").isEmpty)
    #expect(NameRules.environmentVariable("A=").count == 1)
    #expect(NameRules.environmentVariable("").count == 1)
    #expect(NameRules.portName("http").isEmpty)
    #expect(NameRules.portName("a--b") == ["must not contain consecutive hyphens"])
    #expect(NameRules.portName("80") == ["must contain at least one letter (a-z)"])
    #expect(NameRules.portNumber(0) == ["must be between 1 and 65535, inclusive"])
    #expect(NameRules.portNumber(65_535).isEmpty)
    #expect(NameRules.wildcardDNS1123Subdomain("*.example.com").isEmpty)
    #expect(NameRules.wildcardDNS1123Subdomain("example.com").count == 1)
    #expect(NameRules.prefix("web-", NameRules.dns1123Label).isEmpty)
    #expect(NameRules.prefix("-", NameRules.dns1123Label).count == 1)
    #expect(NameRules.prefix("web.", NameRules.dns1123Label).count == 1)
  }
}
