import APIMachinery
import HTTPService
import Linux
import NIOCore
import Testing

@testable import APIServer

@Suite struct AuditPolicyTests {
  private static let policy = """
    apiVersion: audit.k8s.io/v1
    kind: Policy
    omitStages: [RequestReceived]
    omitManagedFields: true
    rules:
    - level: None
      users: [system:kube-proxy]
      verbs: [watch]
      resources: [{group: "", resources: [endpoints, services]}]
    - level: Request
      resources: [{group: "", resources: [configmaps], resourceNames: [one]}]
      namespaces: [kube-system]
    - level: RequestResponse
      resources: [{group: "", resources: ["pods/*"]}, {group: "", resources: ["*/scale"]}]
      omitManagedFields: false
      omitStages: [Panic]
    - level: None
      nonResourceURLs: ["/api*", "/version"]
    - level: Metadata
      userGroups: [system:authenticated]
    """

  private func choice(_ method: HTTPService.Method, _ target: String, user: String = "bob", groups: [String] = [])
    throws -> AuditPolicy.Choice?
  {
    let request = try Request(method, target)
    let info = RequestInfo(method: method, segments: request.segments, query: request.query)
    return try AuditPolicy(Array(Self.policy.utf8)).choice(User(name: user, groups: groups), info)
  }

  @Test(arguments: [
    ("system:kube-proxy", "/api/v1/services?watch=1", AuditLevel?.none),
    ("system:kube-proxy", "/api/v1/services", .metadata),
    ("bob", "/api/v1/namespaces/kube-system/configmaps/one", .request),
    ("bob", "/api/v1/namespaces/kube-system/configmaps/two", .metadata),
    ("bob", "/api/v1/namespaces/default/configmaps/one", .metadata),
    ("bob", "/api/v1/namespaces/a/pods/p/log", .requestResponse),
    ("bob", "/api/v1/namespaces/a/pods/p", .requestResponse),
    ("bob", "/api/v1/namespaces/a/replicationcontrollers/r/scale", .requestResponse),
    ("bob", "/apis/apps/v1/namespaces/a/deployments/d/scale", .metadata), ("bob", "/apis", nil),
    ("bob", "/version", nil), ("bob", "/healthz", .metadata),
  ])
  func theFirstRuleThatMatchesDecides(_ user: String, _ target: String, _ level: AuditLevel?) throws {
    #expect(try choice(.get, target, user: user, groups: ["system:authenticated"])?.level == level)
  }

  @Test func whatIsOmitted() throws {
    let full = try #require(try choice(.get, "/api/v1/namespaces/a/pods/p/log"))
    #expect(full.omittedStages == [.requestReceived, .panic] && !full.omitsManagedFields)
    let other = try #require(try choice(.get, "/healthz", groups: ["system:authenticated"]))
    #expect(other.omittedStages == [.requestReceived] && other.omitsManagedFields)
    #expect(try choice(.get, "/healthz") == nil)
  }

  @Test(arguments: [
    ("rules: []", "loaded illegal policy with 0 rules"), ("rules: [{level: All}]", "Unsupported value: \"All\""),
    ("rules: [{}]", "rules[0].level: Required value"),
    ("rules: [{level: None, omitStages: [Later]}]", "allowed stages are"),
    ("rules: [{level: None, nonResourceURLs: ['/a*b']}]", "must be the final character"),
    (
      "rules: [{level: None, nonResourceURLs: ['/a'], namespaces: [a]}]",
      "rules cannot apply to both regular resources and non-resource URLs"
    ),
    ("rules: [{level: None, resources: [{group: apps/v1}]}]", "rules[0].resources.group: Invalid value"),
    ("rules: [{level: None, resources: [{resourceNames: [a]}]}]", "requires at least one resource"),
    ("rules: [{level: None, verb: [get]}]", "unknown field"),
  ])
  func policiesThatAreWrong(_ rules: String, _ words: String) {
    let error = #expect(throws: StatusError.self) {
      try AuditPolicy(
        Array("{apiVersion: audit.k8s.io/v1, kind: Policy}\n".dropLast(2).utf8) + Array(", \(rules)}".utf8))
    }
    #expect(error?.message.contains(words) == true)
  }

  @Test func events() throws {
    let info = RequestInfo(
      method: .post, segments: ["api", "v1", "namespaces", "a", "configmaps"], query: Query())
    let subject = AuditEvent.Subject(
      id: "id", choice: .init(level: .requestResponse, omitsManagedFields: true), uri: "/x", info: info,
      user: User(name: "bob", groups: ["g"]), sourceAddresses: ["::1"], userAgent: "test",
      received: Timestamp(seconds: 0), body: ["metadata": ["generateName": "c-", "managedFields": [1]], "data": [:]])
    let answer = #"{"kind":"ConfigMap","metadata":{"name":"c-1","uid":"u","managedFields":[{"manager":"m"}]}}"#
    let event = AuditEvent(
      subject: subject, stage: .responseComplete, time: Timestamp(seconds: 1, nanoseconds: 5_000),
      outcome: .init(code: 201, answer: ByteBuffer(string: answer)),
      annotations: [("authorization.k8s.io/decision", "allow")])
    let wanted = #"""
      {"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"id","stage":"ResponseComplete","requestURI":"/x","verb":"create","user":{"username":"bob","groups":["g"]},"sourceIPs":["::1"],"userAgent":"test","objectRef":{"resource":"configmaps","namespace":"a","name":"c-1","apiVersion":"v1"},"responseStatus":{"metadata":{},"code":201},"requestObject":{"metadata":{"generateName":"c-"},"data":{}},"responseObject":{"kind":"ConfigMap","metadata":{"name":"c-1","uid":"u"}},"requestReceivedTimestamp":"1970-01-01T00:00:00.000000Z","stageTimestamp":"1970-01-01T00:00:01.000005Z","annotations":{"authorization.k8s.io/decision":"allow"}}
      """#
    #expect(String(decoding: event.line(), as: UTF8.self) == wanted)
  }

  @Test func filesArePutAside() throws {
    let directory = "/tmp/apus-audit-\(Identifiers.uid())"
    defer { do { try FileSystem.removeTree(directory) } catch { Issue.record(error) } }
    let settings = AuditLog.Settings(path: "\(directory)/audit.log", largestFile: 100, backups: 1)
    let archive = AuditArchive(settings)
    var file = try RotatingFile(settings, archive) { try archive.tidy() }
    for number in 0..<3 {
      try file.append(Array(repeating: UInt8(ascii: "0") + UInt8(number), count: 60))
      try file.flush()
    }
    let names = try FileSystem.list(directory).sorted()
    #expect(names.count == 2 && names.last == "audit.log")
    let contents = try names.map { try FileSystem.readText("\(directory)/\($0)") }
    #expect(contents == [String(repeating: "1", count: 60) + "\n", String(repeating: "2", count: 60) + "\n"])
  }

  @Test func whatWasPutAsideIsCompressed() throws {
    let directory = "/tmp/apus-audit-\(Identifiers.uid())"
    defer { do { try FileSystem.removeTree(directory) } catch { Issue.record(error) } }
    let archive = AuditArchive(.init(path: "\(directory)/audit.log", backups: 2, compresses: true))
    try archive.makeDirectory()
    let stamps = ["2026-01-01T00-00-00.000", "2026-01-02T00-00-00.000", "2026-01-03T00-00-00.000"]
    let names = stamps.map { "audit-\($0).log" }
    try FileSystem.write("\(directory)/\(names[0]).gz", Array("old".utf8))
    // What a server that died has left of it does not count.
    try FileSystem.write("\(directory)/\(names[1]).gz.new", Array("half".utf8))
    let text = Array(String(repeating: "line\n", count: 1000).utf8)
    for name in names.dropFirst() + ["audit.log", "audit-other.log"] {
      try FileSystem.write("\(directory)/\(name)", text)
    }
    try archive.tidy()
    let left = try FileSystem.list(directory).sorted()
    #expect(left == names.dropFirst().map { $0 + ".gz" } + ["audit-other.log", "audit.log"])
    let bytes = try FileSystem.read("\(directory)/\(names[2]).gz")
    #expect(bytes.starts(with: [0x1F, 0x8B]) && bytes.count < text.count)
    try archive.tidy()
    #expect(try FileSystem.list(directory).sorted() == left)
  }
}
