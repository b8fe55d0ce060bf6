import APIMachinery
import HTTPService
import Testing

@testable import APIServer

@Suite struct PolicyRuleTests {
  private func info(_ verb: String, _ group: String, _ resource: String, _ sub: String = "", name: String = "")
    -> RequestInfo
  {
    var info = RequestInfo(method: .get, segments: [], query: Query())
    info.isResource = true
    (info.verb, info.group, info.resource, info.subresource, info.name) = (verb, group, resource, sub, name)
    return info
  }

  @Test func covers() {
    let rule = PolicyRule(verbs: ["get", "list"], groups: [""], resources: ["pods", "pods/log"])
    #expect(rule.covers(info("get", "", "pods")))
    #expect(rule.covers(info("get", "", "pods", "log")))
    #expect(!rule.covers(info("get", "", "pods", "exec")))
    #expect(!rule.covers(info("delete", "", "pods")))
    #expect(!rule.covers(info("get", "apps", "pods")))
    let named = PolicyRule(verbs: ["get"], groups: [""], resources: ["secrets"], names: ["one"])
    #expect(named.covers(info("get", "", "secrets", name: "one")))
    #expect(!named.covers(info("get", "", "secrets", name: "two")))
    #expect(!named.covers(info("get", "", "secrets")))
    #expect(
      PolicyRule(verbs: ["*"], groups: ["*"], resources: ["*/scale"]).covers(
        info("update", "apps", "deployments", "scale")))
  }

  @Test func paths() throws {
    var info = RequestInfo(method: .get, segments: ["openapi", "v3"], query: Query())
    #expect(PolicyRule(verbs: ["get"], paths: ["/openapi/*"]).covers(info))
    #expect(!PolicyRule(verbs: ["get"], paths: ["/openapi"]).covers(info))
    info.verb = "post"
    #expect(!PolicyRule(verbs: ["get"], paths: ["*"]).covers(info))
  }

  @Test func theDefaultPolicyReads() {
    let policy = RBACPolicy(reading: RBACPolicyText.text)
    let roles = policy.objects.filter { $0.resource == "clusterroles" }
    #expect(roles.contains { $0.object.objectName == "cluster-admin" })
    // Every binding names a role that is there.
    for (resource, object) in policy.objects where resource == "clusterrolebindings" {
      let name = object["roleRef"]?["name"]?.stringValue ?? ""
      #expect(roles.contains { $0.object.objectName == name }, "\(name)")
    }
  }

  @Test func everyControllerHasARoleAndAnAccount() throws {
    let objects = RBACPolicy(reading: RBACControllerText.text).objects
    let roles = Set(objects.filter { $0.resource == "clusterroles" }.map(\.object.objectName))
    let bindings = objects.filter { $0.resource == "clusterrolebindings" }
    #expect(roles.count == 38 && bindings.count == roles.count)
    for (_, binding) in bindings {
      let account = try #require(binding["subjects"]?.arrayValue?.first)
      #expect(roles.contains(binding.objectName))
      #expect(binding.objectName == "system:controller:" + (account["name"]?.stringValue ?? ""))
      #expect(account["kind"] == "ServiceAccount" && account["namespace"] == "kube-system")
    }
    for (_, role) in objects where role["kind"] == "ClusterRole" || role["kind"] == "Role" {
      #expect(role["rules"]?.arrayValue?.isEmpty == false, "\(role.objectName)")
    }
    #expect(objects.count { $0.resource == "roles" } == 4 && objects.count { $0.resource == "rolebindings" } == 4)
  }

  @Test func coveringRules() {
    let own = [PolicyRule(verbs: ["get", "list"], groups: ["*"], resources: ["pods"])]
    #expect(PolicyRule.cover(PolicyRule(verbs: ["get"], groups: [""], resources: ["pods"]), by: own))
    #expect(!PolicyRule.cover(PolicyRule(verbs: ["delete"], groups: [""], resources: ["pods"]), by: own))
    #expect(!PolicyRule.cover(PolicyRule(verbs: ["get"], paths: ["/x"]), by: own))
  }

  @Test func whatIsMissing() {
    let own = [
      PolicyRule(verbs: ["get"], groups: [""], resources: ["pods"]),
      PolicyRule(verbs: ["*"], groups: ["apps"], resources: ["*/scale"]),
      PolicyRule(verbs: ["get"], groups: [""], resources: ["secrets"], names: ["a"]),
      PolicyRule(verbs: ["get"], paths: ["/a/*"]),
    ]
    let rules = [
      PolicyRule(verbs: ["get", "list", "watch"], groups: [""], resources: ["pods", "services"]),
      PolicyRule(verbs: ["update"], groups: ["apps"], resources: ["deployments/scale", "deployments"]),
      PolicyRule(verbs: ["get", "patch"], groups: [""], resources: ["secrets"], names: ["a", "b"]),
      PolicyRule(verbs: ["get"], groups: [""], resources: ["secrets"]),
      PolicyRule(verbs: ["get", "put"], paths: ["/a/b"]),
    ]
    #expect(
      PolicyRule.missing(in: rules, from: own).map(\.description) == [
        #"{APIGroups:[""], Resources:["pods"], Verbs:["list" "watch"]}"#,
        #"{APIGroups:[""], Resources:["services"], Verbs:["get" "list" "watch"]}"#,
        #"{APIGroups:["apps"], Resources:["deployments"], Verbs:["update"]}"#,
        #"{APIGroups:[""], Resources:["secrets"], ResourceNames:["b"], Verbs:["get" "patch"]}"#,
        #"{APIGroups:[""], Resources:["secrets"], ResourceNames:["a"], Verbs:["patch"]}"#,
        #"{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}"#,
        #"{NonResourceURLs:["/a/b"], Verbs:["put"]}"#,
      ])
    #expect(
      PolicyRule.missing(in: [rules[0]], from: [PolicyRule(verbs: ["*"], groups: ["*"], resources: ["*"])]).isEmpty)
  }

  @Test func usersAsGoWritesThem() {
    let user = User(name: "bob", groups: ["a", "b"], extra: ["y": ["1", "2"], "x": []])
    #expect(user.goText == "&{bob  [a b] map[x:[] y:[1 2]]}")
  }
}
