import APIMachinery
import ClusterAPI
import Testing

@testable import APIServer

@Suite struct QuotaChargeTests {
  private static let pods = GroupResource(group: "", resource: "pods")

  private func quota(_ name: String, hard: JSONObject, used: JSONObject) -> Quota {
    Quota(
      StoredObject([
        "kind": "ResourceQuota", "apiVersion": "v1", "metadata": ["name": .string(name), "uid": .string(name)],
        "spec": ["hard": .object(hard)], "status": ["hard": .object(hard), "used": .object(used)],
      ]))
  }

  private func pod(_ cpu: String) -> JSONObject {
    ["spec": ["containers": [["name": "c", "resources": ["requests": ["cpu": .string(cpu)]]]]]]
  }

  private func charge(
    _ object: JSONObject, old: JSONObject? = nil, isStatus: Bool = false, limited: JSONValue? = nil
  ) throws -> QuotaCharge {
    QuotaCharge(
      evaluator: try #require(QuotaEvaluators.evaluator(of: Self.pods)), object: object, old: old, resource: Self.pods,
      name: "p", isStatus: isStatus, isDryRun: false,
      configuration: try limited.map {
        try QuotaConfiguration([
          "apiVersion": "apiserver.config.k8s.io/v1", "kind": "ResourceQuotaConfiguration", "limitedResources": [$0],
        ])
      } ?? QuotaConfiguration())
  }

  @Test func addsToWhatIsUsed() throws {
    var quotas = [
      quota("a", hard: ["pods": "3", "cpu": "2"], used: ["pods": "1", "cpu": "500m"]),
      quota("b", hard: ["services": "3"], used: ["services": "1"]),
    ]
    let added = try charge(pod("1")).apply(to: &quotas)
    #expect(quotas[0].used.description == "cpu=1500m,pods=2")
    #expect(quotas[1].used.description == "services=1")
    #expect(added.mapValues(\.description) == ["a": "cpu=1,pods=1"])
  }

  @Test func refusesWhatIsTooMuchAndLeavesTheRest() throws {
    var quotas = [
      quota("wide", hard: ["pods": "9"], used: ["pods": "1"]),
      quota("tight", hard: ["pods": "2", "cpu": "9"], used: ["pods": "2", "cpu": "1"]),
    ]
    let error = #expect(throws: StatusError.self) { try charge(pod("1")).apply(to: &quotas) }
    #expect(
      error?.message
        == "pods \"p\" is forbidden: exceeded quota: tight, requested: pods=1, used: pods=2, limited: pods=2")
    #expect(error?.code == 403)
    #expect(quotas.map(\.used.description) == ["pods=1", "cpu=1,pods=2"])
  }

  @Test func wantsUsageToBeKnown() throws {
    var quotas = [quota("a", hard: ["pods": "3", "cpu": "2"], used: [:])]
    let error = #expect(throws: StatusError.self) { try charge(pod("1")).apply(to: &quotas) }
    #expect(error?.message.hasSuffix("status unknown for quota: a, resources: cpu,pods") == true)
  }

  @Test func anUpdateCountsWhatItAdds() throws {
    var quotas = [quota("a", hard: ["pods": "1", "requests.cpu": "3"], used: ["pods": "1", "requests.cpu": "1"])]
    _ = try charge(pod("2"), old: pod("1")).apply(to: &quotas)
    #expect(quotas[0].used.description == "pods=1,requests.cpu=2")
    // Less is given back by a count, not here.
    _ = try charge(pod("1"), old: pod("2")).apply(to: &quotas)
    #expect(quotas[0].used.description == "pods=1,requests.cpu=2")
    #expect(throws: StatusError.self) { try charge(pod("9"), old: pod("2")).apply(to: &quotas) }
    _ = try charge(pod("9"), old: pod("2"), isStatus: true).apply(to: &quotas)
    #expect(quotas[0].used.description == "pods=1,requests.cpu=9")
  }

  @Test func refusesNegativeAmounts() throws {
    var quotas = [quota("a", hard: ["requests.cpu": "3"], used: ["requests.cpu": "1"])]
    let error = #expect(throws: StatusError.self) { try charge(pod("-1")).apply(to: &quotas) }
    #expect(error?.message.contains("quota usage is negative for resource(s): cpu,requests.cpu") == true)
  }

  // MARK: What is limited without a quota

  @Test func whatIsLimitedNeedsAQuota() throws {
    let limited: JSONValue = ["resource": "pods", "matchContains": ["requests.cpu"]]
    var quotas: [Quota] = []
    let error = #expect(throws: StatusError.self) { try charge(pod("1"), limited: limited).apply(to: &quotas) }
    #expect(error?.message == "pods \"p\" is forbidden: insufficient quota to consume: requests.cpu")
    // One that is about something else is none.
    quotas = [quota("a", hard: ["pods": "3"], used: ["pods": "1"])]
    #expect(throws: StatusError.self) { try charge(pod("1"), limited: limited).apply(to: &quotas) }
    #expect(quotas[0].used.description == "pods=1")
    quotas = [quota("a", hard: ["requests.cpu": "3"], used: ["requests.cpu": "1"])]
    _ = try charge(pod("1"), limited: limited).apply(to: &quotas)
    #expect(quotas[0].used.description == "requests.cpu=2")
    // What takes none of it needs none, nor what changes nothing.
    quotas = []
    #expect(try charge(pod("0"), limited: limited).apply(to: &quotas).isEmpty)
    #expect(try charge(pod("1"), old: pod("1"), limited: limited).apply(to: &quotas).isEmpty)
    #expect(
      try charge(pod("1"), limited: ["resource": "secrets", "matchContains": ["cpu"]]).apply(to: &quotas).isEmpty)
  }

  @Test func aLimitedScopeNeedsAQuota() throws {
    let scope: JSONValue = [
      "scopeName": "PriorityClass", "operator": "In", "values": ["system-node-critical", "high"],
    ]
    let limited: JSONValue = ["resource": "pods", "matchScopes": [scope]]
    var high = pod("1")
    high["spec"] = ["priorityClassName": "high", "containers": []]
    var quotas: [Quota] = []
    let error = #expect(throws: StatusError.self) { try charge(high, limited: limited).apply(to: &quotas) }
    #expect(
      error?.message
        == "insufficient quota to match these scopes: [{PriorityClass In [system-node-critical high]}]")
    #expect(try charge(pod("1"), limited: limited).apply(to: &quotas).isEmpty)
    quotas = [
      Quota(
        StoredObject([
          "kind": "ResourceQuota", "apiVersion": "v1", "metadata": ["name": "a", "uid": "a"],
          "spec": ["hard": ["pods": "3"], "scopeSelector": ["matchExpressions": [scope]]],
          "status": ["hard": ["pods": "3"], "used": ["pods": "1"]],
        ]))
    ]
    _ = try charge(high, limited: limited).apply(to: &quotas)
    #expect(quotas[0].used.description == "pods=2")
  }
}
