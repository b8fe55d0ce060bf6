import APIMachinery
import Testing

/// What expressions cost by Kubernetes' own reckoning: at least and at most by estimate, and in fact. A limit that is reached here
/// and not there, or there and not here, would make one definition valid in one cluster alone.
@Suite("Costs of expressions") struct CELCostTests {
  private struct Everyone: CELAuthorizer {
    func decide(_ check: CELAuthorizationCheck) -> CELAuthorizationDecision {
      CELAuthorizationDecision(isAllowed: true, reason: "")
    }
  }

  private static let environment = CELEnvironment.kubernetes.withPatchFunctions().with([
    "authorizer": CELType.authorizer
  ])

  /// One expression a line, behind its costs: least, most (`*` where nothing bounds it), real.
  struct Group: Sendable, CustomTestStringConvertible {
    let name: String
    let table: String
    var testDescription: String { name }

    init(_ name: String, _ table: String) {
      self.name = name
      self.table = table
    }
  }

  @Test(arguments: groups) func costs(group: Group) throws {
    for line in group.table.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: true)
      let least = try #require(UInt64(parts[0]))
      let most = UInt64(parts[1])
      let real = try #require(UInt64(parts[2]))
      let text = String(parts[3].drop { $0 == " " })
      let program = try Self.environment.compile(text)
      let estimate = program.estimatedCost()
      let outcome = program.evaluate(["authorizer": .authorizer(Everyone())])
      #expect([estimate.min, outcome.cost] == [least, real], "\(text)")
      #expect(most.map { $0 == estimate.max } ?? (estimate.max > 1 << 32), "\(text): \(estimate.max)")
    }
  }

  private func rootType() throws -> CELSchemaType {
    let schema = try SchemaReader(.customResource).schema([
      "type": "object",
      "properties": [
        "if": ["type": "integer"], "count": ["type": "integer"],
        "items": [
          "type": "array",
          "items": ["type": "object", "properties": ["f1": ["type": "string"], "f2": ["type": "string"]]],
        ],
      ],
    ])
    return try #require(CELSchemaType.make(schema, isResource: false))
  }

  /// Kubernetes finds no bound for a field whose name is a word of the language unless it is escaped.
  @Test(arguments: [("self.count == 10", 2), ("self.if == 10", 3), ("self.__if__ == 10", 2)] as [(String, UInt64)])
  func estimatesOfFields(text: String, most: UInt64) throws {
    let type = try rootType()
    let program = try Self.environment.with(["self": type.type]).compile(text)
    #expect(program.estimatedCost(["self": type]).max == most)
  }

  /// An object is looked through like a map: what is short in it costs nothing.
  @Test func objectsInLists() throws {
    let type = try rootType()
    let value = try CELValue(["items": [["f1": "a", "f2": "a"], ["f1": "a", "f2": "b"]]], type)
    let program = try Self.environment.with(["self": type.type]).compile("self.items.indexOf(self.items[1]) == 1")
    let outcome = program.evaluate(["self": value])
    #expect(outcome.cost == 6)
    guard case .success(.bool(true)) = outcome.result else {
      Issue.record("\(outcome.result)")
      return
    }
  }

  private static let groups: [Group] = [
    Group(
      "lists that are written out",
      #"""
      13  13  0    2 in [1, 2, 3]
      19  45  11   [1, 2].exists(x, x in [2, 3])
      12  12  0    'a' in ['a', 'b']
      11  11  1    b'a' in [b'a']
      11  11  1    null in [null]
      """#),
    Group(
      "steps that may lead nowhere",
      #"""
      32  32  2    {'a': 1}.?b.hasValue()
      31  31  2    {'a': 1}.?a
      11  11  2    [1][?0]
      62  62  4    optional.of({'a': {}}).a.b.hasValue()
      31  31  1    has(optional.of({'a': 1}).b)
      61  61  2    has({'a': {'b': 1}}.?a.b)
      3   15  3    optional.of(1).optMap(y, 2)
      3   17  7    optional.of(1).optMap(y, y + 1)
      """#),
    Group(
      "paths that begin with a condition",
      #"""
      65  65  14   [{'a': 1}].map(x, (true ? x : x).a)
      45  45  15   [0].map(x, [5][x])
      45  45  15   [0].map(x, [5][true ? x : x])
      """#),
    Group(
      "what has no value",
      #"""
      2   2   2    1 / 0 == 1
      4   4   4    1 / 0 + 1 / 0 > 0
      11  11  11   [1 / 0, 2]
      31  31  31   {'a': 1 / 0}
      63  63  43   [2, 1, 0].map(x, 1 / x)
      63  63  43   [0, 1, 2].map(x, 1 / x)
      19  25  15   [0, 1].exists(x, 1 / x == 1)
      20  22  10   [0, 1].exists_one(x, 1 / x == 1)
      29  53  20   [0, 1].filter(x, 1 / x == 1)
      1   1   1    'a'.substring(4)
      3   3   2    'a'.replace(string(1 / 0), 'b')
      74  76  5    [{'a': {}}].all(x, has(x.b.c))
      33  33  4    {'a': 1}[string(1 / 0)]
      12  12  1    dyn([1]) * 2
      2   2   1    dyn(1).matches('a')
      3   *   2    string(1 / 0).find('a')
      12  *   3    ['x'].join(string(1 / 0))
      """#),
    Group(
      "patterns of formats",
      #"""
      65  65  553  format.uri().validate('https://a.example')
      129 129 73   format.uuid().validate('123e4567-e89b-12d3-a456-426614174000')
      33  33  22   format.byte().validate('aGVsbG8=')
      33  33  37   format.date().validate('2021-01-01')
      65  65  55   format.datetime().validate('2021-01-01T00:00:00Z')
      """#),
    Group(
      "values of libraries that are compared",
      #"""
      4   *   3    type(ip('192.0.2.1')) == net.IP
      5   5   5    ip('2001:db8::1') == ip('2001:db8::1')
      5   *   6    ip('2001:db8::1') != ip('2001:db8::1')
      """#),
    Group(
      "messages",
      #"""
      41  41  41   google.protobuf.Int32Value{value: 1} == 1
      72  72  43   google.protobuf.Struct{fields: {'a': 1}}.a == 1.0
      """#),
    Group(
      "lists that are made",
      #"""
      23 23 13 [1, 2, 3].slice(0, 2)
      16 16 16 lists.range(5)
      24 24 14 [1, 2, 3].reverse()
      43 43 13 [[1], [2]].flatten()
      45 45 15 [[1], [2]].flatten(2)
      39 39 29 [1, 2, 3].distinct()
      39 39 29 [1, 2, 3].sort()
      40 40 29 ['c', 'b', 'a'].sort()
      """#),
    Group(
      "lists",
      #"""
      15     15     5   [1, 2, 3, 4, 5].sum()
      20     20     5   [uint(1), uint(2), uint(3), uint(4), uint(5)].sum()
      15     15     5   [1.0, 2.0, 3.0, 4.0, 5.0].sum()
      20     20     5   [duration('1s'), duration('2s'), duration('3s'), duration('4s'), duration('5s')].sum()
      15     15     5   [1, 2, 3, 4, 5].isSorted()
      15     15     5   [1, 2, 3, 4, 5].max()
      15     15     5   [1, 2, 3, 4, 5].min()
      20     20     5   [uint(1), uint(2), uint(3), uint(4), uint(5)].isSorted()
      20     20     5   [uint(1), uint(2), uint(3), uint(4), uint(5)].max()
      20     20     5   [uint(1), uint(2), uint(3), uint(4), uint(5)].min()
      15     15     5   [1.0, 2.0, 3.0, 4.0, 5.0].isSorted()
      15     15     5   [1.0, 2.0, 3.0, 4.0, 5.0].max()
      15     15     5   [1.0, 2.0, 3.0, 4.0, 5.0].min()
      15     15     5   [false, true, false, true, false].isSorted()
      15     15     5   [false, true, false, true, false].max()
      15     15     5   [false, true, false, true, false].min()
      15     *     5   ['012345678901', '012345678901', '012345678901', '012345678901', '012345678901'].isSorted()
      15     *     5   ['012345678901', '012345678901', '012345678901', '012345678901', '012345678901'].max()
      15     *     5   ['012345678901', '012345678901', '012345678901', '012345678901', '012345678901'].min()
      25     *     5   [bytes('012345678901'), bytes('012345678901'), bytes('012345678901'), bytes('012345678901'), bytes('012345678901')].isSorted()
      25     *     5   [bytes('012345678901'), bytes('012345678901'), bytes('012345678901'), bytes('012345678901'), bytes('012345678901')].max()
      25     *     5   [bytes('012345678901'), bytes('012345678901'), bytes('012345678901'), bytes('012345678901'), bytes('012345678901')].min()
      20     20     5   [duration('1s'), duration('2s'), duration('3s'), duration('4s'), duration('5s')].isSorted()
      20     20     5   [duration('1s'), duration('2s'), duration('3s'), duration('4s'), duration('5s')].max()
      20     20     5   [duration('1s'), duration('2s'), duration('3s'), duration('4s'), duration('5s')].min()
      20     20     5   [timestamp('2011-01-01T00:00:00.000+01:00'), timestamp('2011-01-02T00:00:00.000+01:00'), timestamp('2011-01-03T00:00:00.000+01:00'), timestamp('2011-01-04T00:00:00.000+01:00'), timestamp('2011-01-05T00:00:00.000+01:00')].isSorted()
      20     20     5   [timestamp('2011-01-01T00:00:00.000+01:00'), timestamp('2011-01-02T00:00:00.000+01:00'), timestamp('2011-01-03T00:00:00.000+01:00'), timestamp('2011-01-04T00:00:00.000+01:00'), timestamp('2011-01-05T00:00:00.000+01:00')].max()
      20     20     5   [timestamp('2011-01-01T00:00:00.000+01:00'), timestamp('2011-01-02T00:00:00.000+01:00'), timestamp('2011-01-03T00:00:00.000+01:00'), timestamp('2011-01-04T00:00:00.000+01:00'), timestamp('2011-01-05T00:00:00.000+01:00')].min()
      """#),
    Group(
      "places",
      #"""
      15     15     5   [1, 2, 3, 4, 5].indexOf(3)
      15     15     5   [1, 2, 3, 4, 5].lastIndexOf(3)
      21     21     5   [uint(1), uint(2), uint(3), uint(4), uint(5)].indexOf(uint(3))
      21     21     5   [uint(1), uint(2), uint(3), uint(4), uint(5)].lastIndexOf(uint(3))
      15     15     5   [1.0, 2.0, 3.0, 4.0, 5.0].indexOf(3.0)
      15     15     5   [1.0, 2.0, 3.0, 4.0, 5.0].lastIndexOf(3.0)
      15     15     5   [false, true, false, true, false].indexOf(true)
      15     15     5   [false, true, false, true, false].lastIndexOf(true)
      15     *     5   ['012345678901', '012345678901', '012345678901', '012345678901', '012345678901'].indexOf('x')
      15     *     5   ['012345678901', '012345678901', '012345678901', '012345678901', '012345678901'].lastIndexOf('x')
      26     *     5   [bytes('012345678901'), bytes('012345678901'), bytes('012345678901'), bytes('012345678901'), bytes('012345678901')].indexOf(bytes('x'))
      26     *     5   [bytes('012345678901'), bytes('012345678901'), bytes('012345678901'), bytes('012345678901'), bytes('012345678901')].lastIndexOf(bytes('x'))
      21     21     5   [duration('1s'), duration('2s'), duration('3s'), duration('4s'), duration('5s')].indexOf(duration('3s'))
      21     21     5   [duration('1s'), duration('2s'), duration('3s'), duration('4s'), duration('5s')].lastIndexOf(duration('3s'))
      21     21     5   [timestamp('2011-01-01T00:00:00.000+01:00'), timestamp('2011-01-02T00:00:00.000+01:00'), timestamp('2011-01-03T00:00:00.000+01:00'), timestamp('2011-01-04T00:00:00.000+01:00'), timestamp('2011-01-05T00:00:00.000+01:00')].indexOf(timestamp('2011-01-03T00:00:00.000+01:00'))
      21     21     5   [timestamp('2011-01-01T00:00:00.000+01:00'), timestamp('2011-01-02T00:00:00.000+01:00'), timestamp('2011-01-03T00:00:00.000+01:00'), timestamp('2011-01-04T00:00:00.000+01:00'), timestamp('2011-01-05T00:00:00.000+01:00')].lastIndexOf(timestamp('2011-01-03T00:00:00.000+01:00'))
      5      5      5  '01234567890123456789012345678901234567890123456789'.indexOf('123')
      5      5      5  '01234567890123456789012345678901234567890123456789'.lastIndexOf('123')
      """#),
    Group(
      "addresses of the web",
      #"""
      4      4      4  url('https:://kubernetes.io/').getScheme()
      4      4      4  url('https:://kubernetes.io/').getHostname()
      4      4      4  url('https:://kubernetes.io/').getHost()
      4      4      4  url('https:://kubernetes.io/').getPort()
      4      4      4  url('https:://kubernetes.io/').getEscapedPath()
      4      4      4  url('https:://kubernetes.io/').getQuery()
      7      9      7  url('https:://kubernetes.io/') == url('https:://kubernetes.io/')
      5      5      5  url('https:://kubernetes.io/') == url('http://x.b')
      """#),
    Group(
      "texts",
      #"""
      3      3      3  'ABCDEFGHIJ abcdefghij'.lowerAscii()
      7      9      9  'ABCDEFGHIJ abcdefghij'.lowerAscii() == 'abcdefghij ABCDEFGHIJ'.lowerAscii()
      3      3      3  'ABCDEFGHIJ abcdefghij'.upperAscii()
      7      9      9  'ABCDEFGHIJ abcdefghij'.upperAscii() == 'abcdefghij ABCDEFGHIJ'.upperAscii()
      3      3      3  strings.quote('ABCDEFGHIJ abcdefghij')
      7     11      9  strings.quote('ABCDEFGHIJ abcdefghij') == strings.quote('ABCDEFGHIJ abcdefghij')
      3      3      3  'abc 123 def 123'.replace('123', '456')
      3      3      3  'abc 123 def 123'.replace('', 'x')
      3      3      3  'abc 123 def 123'.replace('123', '')
      3      3      3  'abc 123 def 123'.replace('123', '456', 1)
      3      3      3  'abc 123 def 123'.split(' ')
      3      3      3  'abc 123 def 123'.split(' ', 1)
      2      2      2  'abc 123 def 123'.substring(5)
      2      2      2  'abc 123 def 123'.substring(5, 8)
      2      2      2  '  abc 123 def 123  '.trim()
      11     *     5   ['aa', 'bb', 'cc', 'd', 'e', 'f', 'g', 'h', 'i', 'j'].join(' ')
      10     *     3   ['aa', 'bb', 'cc', 'd', 'e', 'f', 'g', 'h', 'i', 'j'].join()
      2      2      2  'abc 123 def 123'.find('123')
      2      2      2  'abc 123 def 123'.findAll('123')
      2      2      2  'abc 123 def 123'.findAll('123', 1)
      2      2      2  jsonpatch.escapeKey('abc/def~ abc/def~')
      """#),
    Group(
      "quantities",
      #"""
      1      1      1  quantity("12Mi")
      1      1      1  isQuantity("20")
      1      1      1  isQuantity("20M")
      3      3      3  quantity("200M") == quantity("200M")
      3      6      6  quantity("200M") == quantity("0.2G") && quantity("0.2G") == quantity("200M")
      3      9      9  quantity("2M") == quantity("0.002G") && quantity("2000k") == quantity("2M") && quantity("0.002G") == quantity("2000k")
      3      3      3  quantity("50M").isLessThan(quantity("50Mi"))
      3      3      3  quantity("50Mi").isGreaterThan(quantity("50M"))
      4      4      4  quantity("200M").compareTo(quantity("0.2G")) > 0
      5      5      5  quantity("50k").add(quantity("20")) == quantity("50.02k")
      5      5      5  quantity("50k").sub(quantity("20")) == quantity("49.98k")
      4      4      4  quantity("50k").sub(20) == quantity("49980")
      6      6      6  quantity("50k").add(20).sub(quantity("100k")).asInteger() > 0
      7      7      7  quantity("50k").add(20).sub(quantity("100k")).sub(-50000).asInteger() > 0
      3      3      3  quantity("50k").asInteger() > 0
      2      2      2  quantity("50").isInteger()
      3      3      3  quantity("50.703k").asApproximateFloat() > 0.0
      """#),
    Group(
      "formats",
      #"""
      1      1      1  format.named("dns1123subdomain")
      34     34     17  format.named("dns1123Subdomain").value().validate("my-name")
      34     34     10  format.named("dns1123Label").value().validate("my-name")
      34     34     10  format.named("dns1123Label").value().validate("my-name")
      5     11      5  format.named("dns1123Label").value() == format.named("dns1123Label").value()
      """#),
    Group(
      "sets",
      #"""
      21     21     1   sets.contains([], [])
      21     21     1   sets.contains([1], [])
      22     22     2   sets.contains([1], [1])
      23     23     3   sets.contains([1], [1, 1])
      23     23     3   sets.contains([1, 1], [1])
      23     23     3   sets.contains([2, 1], [1])
      29     29     9   sets.contains([1, 2, 3, 4], [2, 3])
      23     23     3   !sets.contains([1], [2])
      24     24     4   !sets.contains([1], [1, 2])
      21     21     1   sets.equivalent([], [])
      23     23     3   sets.equivalent([1], [1])
      25     25     5   sets.equivalent([1], [1, 1])
      25     25     5   sets.equivalent([1, 1], [1])
      26     26     6   !sets.equivalent([2, 1], [1])
      26     26     6   !sets.equivalent([1], [1, 2])
      22     22     2   sets.intersects([1], [1])
      23     23     3   sets.intersects([1], [1, 1])
      23     23     3   sets.intersects([1, 1], [1])
      23     23     3   sets.intersects([2, 1], [1])
      23     23     3   sets.intersects([1], [1, 2])
      22     22     2   !sets.intersects([], [])
      22     22     2   !sets.intersects([1], [])
      23     23     3   !sets.intersects([1], [2])
      """#),
    Group(
      "versions",
      #"""
      1      1      1  semver("1.0.0")
      4      4      4  semver("1234.56789012345.67890123456789")
      1      1      1  isSemver("1.0.0")
      4      4      4  isSemver("1234.56789012345.67890123456789")
      2      2      2  semver("1.2.3").major()
      2      2      2  semver("1.2.3").minor()
      2      2      2  semver("1.2.3").patch()
      3      3      3  semver("1.0.0").isLessThan(semver("1.1.0"))
      3      3      3  semver("1.1.0").isGreaterThan(semver("1.0.0"))
      3      3      3  semver("1.0.0").compareTo(semver("1.2.3"))
      """#),
    Group(
      "folds of two variables",
      #"""
      37     41     11  {'a': 1, 'b': 2}.all(k, v, v > 0)
      39     43     10  {'a': 1, 'b': 2}.exists(k, v, v > 0)
      38     40     10  {'a': 1, 'b': 2}.existsOne(k, v, v > 0)
      71     71     11  {'a': 1, 'b': 2}.transformMap(k, v, v + 1)
      67     75     15  {'a': 1, 'b': 2}.transformMap(k, v, v < 5, v + 1)
      131    131    71   {'a': 1, 'b': 2}.transformMapEntry(k, v, {k: v + 1})
      67    135    75   {'a': 1, 'b': 2}.transformMapEntry(k, v, v < 5, {k: v + 1})
      17     21     11  [1, 2].all(i, v, v > 0)
      19     23     10  [1, 2].exists(i, v, v > 0)
      18     20     10  [1, 2].existsOne(i, v, v > 0)
      49     49     29  [1, 2].transformList(i, v, v + 1)
      27     53     33  [1, 2].transformList(i, v, v < 5, v + 1)
      """#),
    Group(
      "addresses in canonical form",
      #"""
      3      3      3  ip.isCanonical('192.168.0.1')
      8      8      8  ip.isCanonical('2001:db8:3333:4444:5555:6666:7777:8888')
      3      3      3  ip.isCanonical('2001:db8::abcd')
      """#),
    Group(
      "authorization",
      #"""
      2      2      2  authorizer.path('/healthz')
      6      6      6  authorizer.group('apps').resource('deployments').subresource('status').namespace('test').name('backend')
      1821   1821   1821  authorizer.group('').resource('pods').fieldSelector('spec.nodeName=example-node-name.fully.qualified.domain.name.example.com')
      1821   1821   1821  authorizer.group('').resource('pods').labelSelector('spec.nodeName=example-node-name.fully.qualified.domain.name.example.com')
      350003 350003 350003  authorizer.path('/healthz').check('get').allowed()
      350007 350007 350007  authorizer.group('apps').resource('deployments').subresource('status').namespace('test').name('backend').check('create').allowed()
      350007 350007 350007  authorizer.group('apps').resource('deployments').subresource('status').namespace('test').name('backend').check('create').allowed()
      350007 350007 350007  authorizer.group('apps').resource('deployments').subresource('status').namespace('test').name('backend').check('create').errored()
      350007 350007 350007  authorizer.group('apps').resource('deployments').subresource('status').namespace('test').name('backend').check('create').error()
      """#),
    Group(
      "networks",
      #"""
      2      2      2  cidr('192.168.0.0/16')
      3      3      3  cidr('192.168.0.0/16').ip()
      3      3      3  cidr('192.168.0.0/16').prefixLength()
      3      3      3  cidr('192.168.0.0/16').masked()
      5      5      5  cidr('192.168.0.0/16') == cidr('2001:db8::/32')
      7     11      7  cidr('192.168.0.0/16').containsCIDR(cidr('192.0.0.0/30'))
      7     11      7  cidr('192.168.0.0/16').containsCIDR('192.168.0.0/16')
      4      7      4  cidr('192.168.0.0/16').containsIP(ip('192.0.0.1'))
      5      8      5  cidr('192.168.0.0/16').containsIP(ip('192.169.0.1'))
      5      8      5  cidr('192.168.0.0/16').containsIP(ip('192.169.169.250'))
      4      7      4  cidr('192.168.0.0/16').containsIP('192.0.0.1')
      5      8      5  cidr('192.168.0.0/16').containsIP('192.169.0.1')
      2      2      2  cidr('2001:db8::/32')
      7     11      7  cidr('2001:db8::/32').containsCIDR(cidr('2001:db8::/126'))
      7     11      7  cidr('2001:db8::/32').containsCIDR('2001:db8::/32')
      7     10      7  cidr('2001:db8::/32').containsIP(ip('2001:db8:3333:4444:5555:6666:7777:8888'))
      5      8      5  cidr('2001:db8::/32').containsIP('2001:db8::1')
      """#),
    Group(
      "addresses",
      #"""
      2      2      2  ip('192.168.0.1')
      3      3      3  ip('192.168.0.1').family()
      3      3      3  ip('192.168.0.1').isLoopback()
      3      3      3  ip('192.168.0.1').isGlobalUnicast()
      5      5      5  ip('192.168.0.1') == ip('192.168.0.1')
      4      4      4  ip('2001:db8:3333:4444:5555:6666:7777:8888')
      5      5      5  ip('2001:db8:3333:4444:5555:6666:7777:8888').family()
      5      5      5  ip('2001:db8:3333:4444:5555:6666:7777:8888').isLoopback()
      5      5      5  ip('2001:db8:3333:4444:5555:6666:7777:8888').isGlobalUnicast()
      7      7      7  ip('2001:db8:3333:4444:5555:6666:7777:8888') == ip('192.168.0.1')
      """#),
  ]
}
