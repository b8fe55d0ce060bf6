import APIMachinery
import Testing

/// The functions that Kubernetes and cel-go add to the language.
@Suite struct CELLibraryTests {
  private func outcome(_ text: String) -> String { CELEvaluationTests.outcome(text) }

  @Test(arguments: [
    ("'héllo'.charAt(1)", "\"é\""), ("'abc'.charAt(3)", "\"\""), ("'abc'.charAt(4)", "error: index out of range: 4"),
    ("'hello mellow'.indexOf('ello')", "1"), ("'hello mellow'.indexOf('ello', 2)", "7"), ("'hello'.indexOf('z')", "-1"),
    ("'hello mellow'.lastIndexOf('ello')", "7"), ("'hello mellow'.lastIndexOf('ello', 6)", "1"),
    ("'TacoCÆt'.lowerAscii()", "\"tacocÆt\""),
    ("'TacoCÆt'.upperAscii()", "\"TACOCÆT\""), ("'hello hello'.replace('he', 'we')", "\"wello wello\""),
    ("'hello hello'.replace('he', 'we', 1)", "\"wello hello\""), ("'ab'.replace('', '-')", "\"-a-b-\""),
    ("'a,b,,c'.split(',')", #"["a","b","","c"]"#),
    ("'a,b,c'.split(',', 2)", #"["a","b,c"]"#), ("'abc'.split('')", #"["a","b","c"]"#),
    ("'abc'.split('', 2)", #"["a","bc"]"#), ("'abc'.split(',', 0)", "[]"),
    ("'tacocat'.substring(4)", "\"cat\""), ("'tacocat'.substring(0, 4)", "\"taco\""),
    ("'abc'.substring(2, 1)", "error: invalid substring range. start: 2, end: 1"),
    ("'abc'.substring(4)", "error: index out of range: 4"), ("'  \\ttrim\\n '.trim()", "\"trim\""),
    ("['a', 'b'].join('-')", "\"a-b\""), ("['a', 'b'].join()", "\"ab\""),
    (
      "'%d %s %.2f %x %b %o %e %%'.format([dyn(42), 'is', 2.345, 255, 5, 8, 1234.5])",
      "\"42 is 2.35 ff 101 10 1.234500×10⁰³ %\""
    ),
    ("'%e|%.2e|%f'.format([double('NaN'), double('NaN'), double('NaN')])", "\"   NaN|NaN|NaN\""),
    ("'%e'.format([double('-Infinity')])", "\"    -∞\""),
    ("'%s'.format([[dyn(1), 'a', {'k': 2.5}]])", #""[1, \"a\", {\"k\":2.500000}]""#),
    ("'%s'.format([])", "does not compile: index 0 out of range"),
    ("'%q'.format([1])", "does not compile: could not parse formatting clause: unrecognized formatting clause \"q\""),
    ("strings.quote('a\"b\\n')", #""\"a\\\"b\\n\"""#),
  ]) func strings(_ text: String, _ expected: String) { #expect(outcome(text) == expected) }

  @Test(arguments: [
    ("[1, 2, 2].isSorted()", "true"), ("[2, 1].isSorted()", "false"), ("[1, 2, 3].sum()", "6"),
    ("[1.5, 2.0].sum()", "3.5"), ("l.min()", "1"), ("l.max()", "3"),
    ("['b', 'a'].max()", "\"b\""), ("[1, 2, 1].indexOf(1)", "0"), ("[1, 2, 1].lastIndexOf(1)", "2"),
    ("l.filter(e, e > 9).max()", "error: max called on empty list"),
    ("[1, 2, 3].slice(1, 3)", "[2,3]"), ("[1].slice(0, 2)", "error: cannot slice(0, 2), list is length 1"),
    ("[[1], [2, 3]].flatten()", "[1,2,3]"),
    ("lists.range(3)", "[0,1,2]"), ("l.reverse()", "[2,1,3]"), ("[1, 1, 2].distinct()", "[1,2]"),
    ("l.sort()", "[1,2,3]"), ("l.sortBy(e, -e)", "[3,2,1]"),
    ("l.first()", "optional(3)"), ("[].last()", "none"), ("sets.contains([1, 2], [2])", "true"),
    ("sets.contains([1], [2])", "false"),
    ("sets.equivalent([1, 2, 2], [2, 1])", "true"), ("sets.intersects([1], [2])", "false"),
    ("'abc 123'.find('[0-9]+')", "\"123\""), ("'123 abc 456'.findAll('[0-9]+')", #"["123","456"]"#),
    ("'123 abc 456'.findAll('[0-9]+', 1)", #"["123"]"#), ("'abc'.find('x')", "\"\""),
  ]) func lists(_ text: String, _ expected: String) { #expect(outcome(text) == expected) }

  /// What is wrong with an address, in the words of Go's `netip`.
  @Test(arguments: [
    ("", "unable to parse IP"), ("1", "unable to parse IP"), ("1.2.3", "IPv4 address too short"),
    ("1.2.3.4.5", "IPv4 address too long"), ("1.2.3.256", "IPv4 field has value >255"),
    ("1.2.3.a", #"unexpected character (at "a")"#), ("1..2.3", #"IPv4 field must have at least one digit (at ".2.3")"#),
    ("1.2.3.", #"IPv4 field must have at least one digit (at ".")"#),
    ("2001:db8:::68", #"each colon-separated field must have at least one digit (at ":68")"#),
    ("12345::", #"each group must have 4 or less digits (at "12345::")"#),
    ("1::2::3", #"multiple :: in address (at ":3")"#), ("1:", #"colon must be followed by more characters (at ":")"#),
    ("1;2::", #"unexpected character, want colon (at ";2::")"#), ("1:2:3:4:5:6:7", "address string too short"),
    ("1:2:3:4:5:6:7:8:9", #"trailing garbage after address (at "9")"#),
    ("1:2:3:4:5:6:7::8", "the :: must expand to at least one field of zeros"),
    ("1:1.2.3.4", #"embedded IPv4 address must replace the final 2 fields of the address (at "1.2.3.4")"#),
    ("::1%", "zone must be a non-empty string"), ("%eth0", "missing IPv6 address"),
  ]) func addressesThatAreNone(_ text: String, _ problem: String) {
    let shown = "ParseAddr(\"\(text)\"): \(problem)"
    #expect(
      outcome("ip('\(text)')")
        == "error: IP Address \"\(text)\" parse error during conversion from string: \(shown)")
    let prefix = "network address parse error during conversion from string: "
    #expect(
      outcome("cidr('\(text)/8')") == "error: \(prefix)\(prefix)netip.ParsePrefix(\"\(text)/8\"): \(shown)")
  }

  @Test(arguments: [
    ("ip('fe80::1%eth0')", "IP address \"fe80::1%eth0\" with zone value is not allowed"),
    ("ip('::ffff:1.2.3.4')", "IPv4-mapped IPv6 address \"::ffff:1.2.3.4\" is not allowed"),
  ]) func addressesThatAreNotTaken(_ text: String, _ problem: String) {
    #expect(outcome(text) == "error: \(problem)")
  }

  @Test(arguments: [
    ("url('https://user@example.com:80/a%20b?x=1&x=2&y#f').getHost()", "\"example.com:80\""),
    ("url('https://[::1]:80/').getHostname()", "\"::1\""),
    ("url('https://example.com:80/').getPort()", "\"80\""),
    ("url('https://e.com/a%20b?x=1').getEscapedPath()", "\"/a%20b\""), ("url('/rel').getScheme()", "\"\""),
    ("url('https://e.com/?k=a%20b&k=c').getQuery()", #"{"k":["a b","c"]}"#), ("isURL('../rel')", "false"),
    ("isURL('https://a.example')", "true"),
    ("ip('127.0.0.1').isLoopback()", "true"), ("ip('::1').family()", "6"), ("ip.isCanonical('2001:db8::abcd')", "true"),
    ("ip.isCanonical('2001:DB8::ABCD')", "false"),
    ("isIP('1.2.3')", "false"), ("isIP('::ffff:1.2.3.4')", "false"), ("string(ip('2001:0:0:1::'))", "\"2001:0:0:1::\""),
    (
      "ip('1.2.3.04')",
      "error: IP Address \"1.2.3.04\" parse error during conversion from string: ParseAddr(\"1.2.3.04\"): IPv4 field has octet with leading zero"
    ),
    ("cidr('192.168.0.0/24').containsIP('192.168.0.9')", "true"),
    ("cidr('192.168.0.0/24').containsIP(ip('192.168.1.1'))", "false"),
    ("cidr('192.168.0.0/24').containsCIDR('192.168.0.0/25')", "true"),
    ("cidr('192.168.0.0/24').containsCIDR('192.168.0.0/23')", "false"),
    ("cidr('192.168.0.7/24').masked() == cidr('192.168.0.0/24')", "true"),
    ("cidr('10.0.0.0/8').prefixLength()", "8"), ("isCIDR('10.0.0.0/33')", "false"),
    ("cidr('10.1.2.3/8').ip() == ip('10.1.2.3')", "true"), ("ip('169.254.1.1').isLinkLocalUnicast()", "true"),
    ("quantity('1Gi').isGreaterThan(quantity('1G'))", "true"), ("quantity('50k') == quantity('50000')", "true"),
    ("quantity('50k').asInteger()", "50000"), ("quantity('1.5').isInteger()", "false"),
    ("quantity('1.5').asInteger()", "error: cannot convert value to integer"),
    ("quantity('1').add(quantity('500m')).compareTo(quantity('1500m'))", "0"),
    ("quantity('3').sub(1).asApproximateFloat()", "2.0"), ("isQuantity('1x')", "false"),
    ("quantity('-1').sign()", "-1"),
    ("semver('1.2.3').isLessThan(semver('1.10.0'))", "true"), ("semver('1.0.0-rc.1').compareTo(semver('1.0.0'))", "-1"),
    ("isSemver('v1.2')", "false"), ("isSemver('v1.2', true)", "true"), ("semver('v01.2', true).major()", "1"),
    ("format.dns1123Label().validate('a-b').hasValue()", "false"),
    ("format.dns1123Label().validate('A').hasValue()", "true"), ("format.named('nope')", "none"),
    ("format.named('uuid').value().validate('x')", #"optional(["does not match the UUID format"])"#),
    ("jsonpatch.escapeKey('a/b~c')", "\"a~1b~0c\""),
  ]) func kubernetes(_ text: String, _ expected: String) { #expect(outcome(text) == expected) }
}
