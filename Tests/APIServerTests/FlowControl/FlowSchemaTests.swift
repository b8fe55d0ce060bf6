import APIMachinery
import HTTPService
import Testing

@testable import APIServer

@Suite struct FlowSchemaTests {
  private static func info(_ method: HTTPService.Method, _ target: String) throws -> RequestInfo {
    let request = try Request(method, target)
    return RequestInfo(method: method, segments: request.segments, query: request.query)
  }

  private static let authenticated = "system:authenticated"

  @Test(arguments: [
    ("root", ["system:masters"], "/api/v1/pods", "exempt", "exempt"),
    ("bob", [], "/api/v1/namespaces/a/pods", "global-default", "global-default"),
    ("bob", [], "/readyz", "probes", "exempt"),
    ("bob", [], "/readyz/ping", "global-default", "global-default"),
    ("system:node:n", ["system:nodes"], "/api/v1/nodes/n", "system-node-high", "node-high"),
    ("system:node:n", ["system:nodes"], "/api/v1/nodes/n/status", "system-node-high", "node-high"),
    ("system:node:n", ["system:nodes"], "/api/v1/pods", "system-nodes", "system"),
    (
      "system:node:n", ["system:nodes"], "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n",
      "system-node-high", "node-high"
    ),
    (
      "system:kube-scheduler", [], "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/s",
      "system-leader-election", "leader-election"
    ),
    ("system:kube-scheduler", [], "/api/v1/pods", "kube-scheduler", "workload-high"),
    (
      "system:serviceaccount:kube-system:x", ["system:serviceaccounts"], "/api/v1/pods",
      "kube-system-service-accounts", "workload-high"
    ),
    ("system:serviceaccount:a:x", ["system:serviceaccounts"], "/api/v1/pods", "service-accounts", "workload-low"),
  ])
  func defaults(_ user: String, _ groups: [String], _ path: String, _ schema: String, _ level: String) throws {
    let control = FlowControl(seats: 600)
    let place = control.classify(
      User(name: user, groups: groups + [Self.authenticated]), try Self.info(.get, path))
    #expect(place.schema.name == schema)
    #expect(place.level.name == level)
  }

  /// A schema whose level is missing matches nothing, and the guard rails are always there.
  @Test func danglingSchemas() throws {
    let control = FlowControl(seats: 10)
    let schema = FlowSchema([
      "metadata": ["name": "mine"],
      "spec": [
        "matchingPrecedence": 2, "priorityLevelConfiguration": ["name": "missing"],
        "rules": [
          [
            "subjects": [["kind": "User", "user": ["name": "*"]]],
            "nonResourceRules": [["verbs": ["*"], "nonResourceURLs": ["/a/*"]]],
          ]
        ],
      ],
    ])
    let user = User(name: "bob", groups: [Self.authenticated])
    control.configure([schema], [])
    #expect(try control.classify(user, Self.info(.get, "/a/b")).schema.name == "catch-all")
    control.configure([schema], [SeatAllocationTests.level("missing", shares: 1)])
    #expect(try control.classify(user, Self.info(.get, "/a/b")).schema.name == "mine")
    #expect(try control.classify(user, Self.info(.get, "/a")).schema.name == "catch-all")
    #expect(try control.classify(user, Self.info(.get, "/api/v1/pods")).schema.name == "catch-all")
  }

  @Test func lists() throws {
    func seats(_ target: String, _ count: Int, widest: Int? = nil) throws -> Int {
      let request = try Request(.get, target)
      return WorkEstimate(try Self.info(.get, target), request.query, widest: widest) {
        .init(count: count, bytes: count * 1000, watchers: 0)
      }.seats
    }
    #expect(try seats("/api/v1/pods", 0) == 1)
    #expect(try seats("/api/v1/pods", 450) == 5)
    // No more than a part of a large list is in memory at a time.
    #expect(try seats("/api/v1/pods", 1_000_000) == 10)
    #expect(try seats("/api/v1/pods", 1_000_000, widest: 3) == 3)
    #expect(try seats("/api/v1/pods?limit=150", 1_000_000) == 2)
    #expect(try seats("/api/v1/pods?fieldSelector=metadata.name%3Dx", 1_000_000) == 1)
    #expect(try seats("/api/v1/pods?watch=1&resourceVersion=7", 1_000_000) == 1)
    #expect(try seats("/api/v1/pods?watch=1", 1_000_000) == 10)
    #expect(try seats("/api/v1/pods?watch=1&resourceVersion=7&sendInitialEvents=true", 1_000_000) == 10)
    #expect(try seats("/api/v1/namespaces/a/pods/b", 1_000_000) == 1)
  }

  @Test func writes() throws {
    func work(_ target: String, _ watchers: Int, widest: Int? = nil) throws -> WorkEstimate {
      WorkEstimate(try Self.info(.post, target), Query(), widest: widest) {
        .init(count: 1, bytes: 1, watchers: watchers)
      }
    }
    let pods = "/api/v1/namespaces/a/pods"
    #expect(try work(pods, 9).seats == 1 && work(pods, 0).seats == 1)
    #expect(try work(pods, 9).watchers == 9)
    #expect(try work(pods, 9).afterwards == .zero)
    #expect(try work(pods, 45).seats == 5)
    #expect(try work(pods, 45).afterwards == .milliseconds(5))
    // On fewer seats the same takes longer.
    #expect(try work(pods, 1000).seats == 10)
    #expect(try work(pods, 1000).afterwards == .milliseconds(50))
    #expect(try work(pods, 1000, widest: 2).afterwards == .milliseconds(250))
    #expect(try work("/api/v1/namespaces/a/serviceaccounts/b/token", 1000).seats == 1)
  }
}
