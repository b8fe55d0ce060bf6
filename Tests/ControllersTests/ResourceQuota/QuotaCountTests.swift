import APIMachinery
import ClusterAPI
import ClusterClient
import Testing

@testable import Controllers

@Suite struct QuotaCountTests {
  private func resource(_ plural: String, _ kind: String) -> ClusterResource {
    ClusterResource(
      groupVersion: GroupVersion(group: "", version: "v1"), plural: plural, kind: kind, isNamespaced: true,
      verbs: [.list])
  }

  private func pod(_ name: String, cpu: String, revision: UInt64, deadline: Int64? = nil) -> StoredObject {
    var spec: JSONObject = ["containers": [["name": "c", "resources": ["requests": ["cpu": .string(cpu)]]]]]
    if let deadline { spec["activeDeadlineSeconds"] = .integer(deadline) }
    return StoredObject(
      [
        "kind": "Pod", "apiVersion": "v1", "metadata": ["name": .string(name), "uid": .string(name)],
        "spec": .object(spec),
      ], revision: revision)
  }

  private func quota(_ hard: JSONObject, scopes: [JSONValue] = []) -> Quota {
    Quota(
      StoredObject([
        "kind": "ResourceQuota", "apiVersion": "v1", "metadata": ["name": "q", "uid": "q"],
        "spec": ["hard": .object(hard), "scopes": .array(scopes)],
      ]))
  }

  @Test func countsEachQuotaItsOwn() async throws {
    let pods = [pod("a", cpu: "1", revision: 1), pod("b", cpu: "500m", revision: 2, deadline: 5)]
    var count = QuotaCount()
    let usages = try await count.usage(
      of: [
        quota(["pods": "9", "cpu": "9", "unknown/thing": "1"]), quota(["pods": "9"], scopes: ["Terminating"]),
        quota(["configmaps": "3"]),
      ], [resource("pods", "Pod"), resource("configmaps", "ConfigMap")], now: .now
    ) { $0.plural == "pods" ? pods : [] }
    #expect(usages.map(\.description) == ["cpu=1500m,pods=2", "pods=1", "configmaps=0"])
  }

  @Test func countsAnewWhatHasChanged() async throws {
    var count = QuotaCount()
    let quotas = [quota(["cpu": "9"])]
    let resources = [resource("pods", "Pod")]
    for (cpu, revision, expected) in [("1", UInt64(1), "cpu=1"), ("2", 2, "cpu=2"), ("2", 2, "cpu=2")] {
      let pods = [pod("a", cpu: cpu, revision: revision)]
      let usages = try await count.usage(of: quotas, resources, now: .now) { _ in pods }
      #expect(usages[0].description == expected)
    }
  }

  @Test func listsOnlyWhatIsLimited() async throws {
    var count = QuotaCount()
    let usages = try await count.usage(
      of: [quota(["services": "1"])], [resource("pods", "Pod"), resource("services", "Service")], now: .now
    ) { resource in
      #expect(resource.plural == "services")
      return []
    }
    #expect(usages[0].description == "services=0")
  }
}
