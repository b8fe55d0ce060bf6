import APIMachinery
import Testing

@testable import APIServer

@Suite struct WebhookRuleTests {
  private func rule(
    _ resources: [String], operations: [String] = ["CREATE"], groups: [String] = [""], versions: [String] = ["v1"],
    scope: String = "*"
  ) -> WebhookRule {
    func list(_ items: [String]) -> JSONValue { .array(items.map { .string($0) }) }
    return WebhookRule([
      "operations": list(operations), "apiGroups": list(groups), "apiVersions": list(versions),
      "resources": list(resources), "scope": .string(scope),
    ])
  }

  private static let pods = GroupVersionResource(group: "", version: "v1", resource: "pods")
  private static let namespaces = GroupVersionResource(group: "", version: "v1", resource: "namespaces")

  private func matches(
    _ rule: WebhookRule, _ resource: GroupVersionResource = pods, _ subresource: String = "",
    in namespace: String = "n",
    _ operation: String = "CREATE"
  ) -> Bool {
    rule.matches(operation: operation, resource, subresource: subresource, namespace: namespace)
  }

  @Test func resources() {
    #expect(matches(rule(["pods"])))
    #expect(!matches(rule(["pods"]), Self.pods, "status"))
    #expect(matches(rule(["pods/status"]), Self.pods, "status"))
    #expect(!matches(rule(["pods/status"])))
    // A star for the subresource takes none for one, as kube-apiserver does.
    #expect(matches(rule(["pods/*"])) && matches(rule(["pods/*"]), Self.pods, "exec"))
    #expect(matches(rule(["*"])) && !matches(rule(["*"]), Self.pods, "status"))
    #expect(matches(rule(["*/status"]), Self.pods, "status") && !matches(rule(["*/status"]), Self.pods, "scale"))
    #expect(matches(rule(["*/*"])) && matches(rule(["*/*"]), Self.pods, "scale"))
    #expect(!matches(rule(["services", "nodes/*"])))
  }

  @Test func operationsGroupsAndVersions() {
    #expect(!matches(rule(["pods"], operations: ["UPDATE", "DELETE"])))
    #expect(matches(rule(["pods"], operations: ["*"]), Self.pods, "", in: "n", "CONNECT"))
    #expect(!matches(rule(["pods"], groups: ["apps"])) && matches(rule(["pods"], groups: ["*"])))
    #expect(!matches(rule(["pods"], versions: ["v2"])) && matches(rule(["pods"], versions: ["*"])))
  }

  @Test func scope() {
    #expect(matches(rule(["pods"], scope: "Namespaced")) && !matches(rule(["pods"], scope: "Cluster")))
    #expect(!matches(rule(["pods"], scope: "Namespaced"), Self.pods, "", in: ""))
    // A namespace is told with its own name, and is an object of the cluster all the same.
    #expect(matches(rule(["namespaces"], scope: "Cluster"), Self.namespaces, "", in: "n"))
    #expect(!matches(rule(["namespaces"], scope: "Namespaced"), Self.namespaces, "", in: "n"))
  }
}
