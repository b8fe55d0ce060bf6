import APIMachinery
import Testing

@testable import ClusterAPI

@Suite struct PreparationTests {
  private func created(_ json: String) throws -> JSONValue {
    var value = try complete(json)
    builtin.prepareForCreate(&value, kind: try #require(kindOf(value)))
    return value
  }

  private func updated(_ json: String, _ old: JSONValue, subresource: String = "") throws -> JSONValue {
    var value = try complete(json)
    builtin.prepareForUpdate(&value, old: old, kind: try #require(kindOf(value)), subresource: subresource)
    return value
  }

  @Test func aPodBeginsPending() throws {
    let pod = try created(
      #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"1"}}}]},"status":{"phase":"Running","podIP":"1.2.3.4"}}"#
    )
    #expect(pod["status"] == ["phase": "Pending", "qosClass": "Burstable"])
    #expect(pod["metadata"]?["generation"] == 1)
  }

  @Test(arguments: [
    ("{}", "BestEffort"), (#"{"limits":{"cpu":"1","memory":"1Gi"}}"#, "Guaranteed"),
    (#"{"limits":{"cpu":"1"}}"#, "Burstable"),
    (#"{"requests":{"cpu":"1"},"limits":{"cpu":"1","memory":"1"}}"#, "Guaranteed"),
    (#"{"requests":{"cpu":"1","memory":"1"},"limits":{"cpu":"2","memory":"1"}}"#, "Burstable"),
    (#"{"requests":{"cpu":"0"}}"#, "BestEffort"), (#"{"limits":{"example.com/x":"1"}}"#, "BestEffort"),
  ])
  func qualityOfService(resources: String, word: String) throws {
    let pod = try complete(
      #"{"apiVersion":"v1","kind":"Pod","metadata":{},"spec":{"containers":[{"name":"c","resources":\#(resources)}]}}"#)
    #expect(QualityOfService(pod: pod).rawValue == word)
  }

  @Test(arguments: [
    (#"{"podCIDR":"10.0.0.0/24"}"#, "10.0.0.0/24", ["10.0.0.0/24"]),
    (#"{"podCIDRs":["10.0.0.0/24","fd00::/64"]}"#, "10.0.0.0/24", ["10.0.0.0/24", "fd00::/64"]),
    (
      #"{"podCIDR":"10.0.0.0/24","podCIDRs":["10.0.0.0/24","fd00::/64"]}"#, "10.0.0.0/24", ["10.0.0.0/24", "fd00::/64"]
    ),
    (#"{"podCIDR":"10.1.0.0/24","podCIDRs":["10.0.0.0/24"]}"#, "10.1.0.0/24", ["10.1.0.0/24"]),
  ])
  func aNodeNamesItsRangeTwice(spec: String, first: String, all: [String]) throws {
    let node = try created(#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"},"spec":\#(spec)}"#)
    #expect(node["spec"]?["podCIDR"]?.stringValue == first)
    #expect(node["spec"]?["podCIDRs"]?.arrayValue?.compactMap(\.stringValue) == all)
  }

  @Test func theGenerationGrowsWithTheSpec() throws {
    func deployment(_ replicas: Int, _ status: String = "{}") -> String {
      #"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","generation":9},"spec":{"replicas":\#(replicas),"selector":{"matchLabels":{"a":"b"}}},"status":\#(status)}"#
    }
    let first = try created(deployment(1))
    #expect(first["metadata"]?["generation"] == 1)
    let same = try updated(deployment(1, #"{"replicas":7}"#), first)
    #expect(same["metadata"]?["generation"] == 1 && same["status"] == [:])
    let second = try updated(deployment(2), first)
    #expect(second["metadata"]?["generation"] == 2 && second["spec"]?["replicas"] == 2)
    let status = try updated(deployment(5, #"{"replicas":1}"#), second, subresource: "status")
    #expect(status["metadata"]?["generation"] == 2 && status["spec"]?["replicas"] == 2)
    #expect(status["status"] == ["replicas": 1])
  }

  @Test func aJobGetsItsSelector() throws {
    let job = try created(
      #"{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j","namespace":"n","uid":"u-1"},"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}}"#
    )
    #expect(job["spec"]?["selector"] == ["matchLabels": ["batch.kubernetes.io/controller-uid": "u-1"]])
    #expect(
      job["spec"]?["template"]?["metadata"]?["labels"]
        == [
          "controller-uid": "u-1", "job-name": "j", "batch.kubernetes.io/controller-uid": "u-1",
          "batch.kubernetes.io/job-name": "j",
        ])
    #expect(builtin.validate(job, old: nil, kind: try #require(kindOf(job))) == [])
  }

  @Test func aServiceKeepsItsAddresses() throws {
    let before = try complete(
      #"{"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},"spec":{"type":"NodePort","clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1"],"ipFamilies":["IPv4"],"ports":[{"port":80,"nodePort":30001}]}}"#
    )
    let after = try updated(
      #"{"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},"spec":{"type":"NodePort","ports":[{"port":80}]}}"#,
      before)
    #expect(after["spec"]?["clusterIP"] == "10.0.0.1" && after["spec"]?["clusterIPs"] == ["10.0.0.1"])
    #expect(after["spec"]?.items("ports")[0]["nodePort"] == 30001)
  }

  /// What the new type has no use for goes, unless it is new as well.
  @Test func aServiceDropsWhatItsTypeHasNoUseFor() throws {
    let before = try complete(
      #"{"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},"spec":{"type":"LoadBalancer","clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1"],"ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","loadBalancerClass":"a.b/c","externalTrafficPolicy":"Local","healthCheckNodePort":30002,"ports":[{"port":80,"nodePort":30001}]}}"#
    )
    func changed(_ type: String, nodePort: Int64 = 30001) throws -> JSONValue {
      var service = before
      service.edit("spec") { spec in
        spec.editObject { $0["type"] = .string(type) }
        spec.editItems(of: "ports") { $0.editObject { $0["nodePort"] = .integer(nodePort) } }
      }
      return try updated(service.jsonText(), before)["spec"] ?? [:]
    }
    let plain = try changed("ClusterIP")
    for name in ["healthCheckNodePort", "externalTrafficPolicy", "loadBalancerClass", "allocateLoadBalancerNodePorts"] {
      #expect(plain[name] == nil, "\(name)")
    }
    #expect(plain.items("ports")[0]["nodePort"] == nil && plain["clusterIP"] == "10.0.0.1")
    #expect(try changed("ClusterIP", nodePort: 30009).items("ports")[0]["nodePort"] == 30009)
    let away = try changed("ExternalName")
    for name in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] { #expect(away[name] == nil, "\(name)") }
  }

  @Test func namespacesAndSecrets() throws {
    let namespace = try created(#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n"}}"#)
    #expect(namespace["spec"] == ["finalizers": ["kubernetes"]] && namespace["status"] == ["phase": "Active"])
    let secret = try created(
      #"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"data":{"a":"eA=="},"stringData":{"b":"Grüße","a":"y"}}"#
    )
    #expect(secret["stringData"] == nil && secret["data"] == ["a": "eQ==", "b": "R3LDvMOfZQ=="])
  }

  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
  ])
  func base64(plain: String, encoded: String) {
    #expect(Base64.encode(plain.utf8) == encoded)
    #expect(Base64.decode(encoded) == Array(plain.utf8))
  }

  @Test(arguments: ["Zg", "Z===", "Zg=a", "Z g=", "Zg==="])
  func whatIsNoBase64(text: String) { #expect(Base64.decode(text) == nil) }
}
