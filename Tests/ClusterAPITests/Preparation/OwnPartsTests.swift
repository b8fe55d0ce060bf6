import APIMachinery
import Testing

@testable import ClusterAPI

/// Parts that belong to the server, and how it counts changes, of kinds that have rules of their own.
@Suite struct OwnPartsTests {
  private func created(_ json: String) throws -> JSONValue {
    var value = try complete(json)
    builtin.prepareForCreate(&value, kind: try #require(kindOf(value)))
    return value
  }

  private func updated(_ old: JSONValue, subresource: String = "", _ change: (inout JSONValue) -> Void) throws
    -> JSONValue
  {
    var value = old
    change(&value)
    let kind = try #require(kindOf(value))
    builtin.complete(&value, kind: kind)
    builtin.prepareForUpdate(&value, old: old, kind: kind, subresource: subresource)
    return value
  }

  private func generation(_ object: JSONValue) -> Int64? { object["metadata"]?["generation"]?.integerValue }

  @Test func aPriorityClassHasOneGeneration() throws {
    let made = try created(
      #"{"apiVersion":"scheduling.k8s.io/v1","kind":"PriorityClass","metadata":{"name":"c"},"value":1}"#)
    #expect(generation(made) == 1)
    #expect(try generation(updated(made) { $0.editObject { $0["description"] = "d" } }) == 1)
  }

  @Test func labelsOfASliceCount() throws {
    let made = try created(
      #"{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"s"},"addressType":"IPv4","endpoints":[{"addresses":["10.0.0.1"],"deprecatedTopology":{"a":"b"}}]}"#
    )
    #expect(generation(made) == 1)
    #expect(made["endpoints"] == [["addresses": ["10.0.0.1"], "conditions": [:]]])
    #expect(
      try generation(updated(made) { $0.edit("metadata") { $0.editObject { $0["annotations"] = ["a": "b"] } } }) == 1)
    #expect(try generation(updated(made) { $0.edit("metadata") { $0.editObject { $0["labels"] = ["a": "b"] } } }) == 2)
  }

  /// Upstream ignores the status that comes with the object itself since 1.36 (`ServiceCIDRStatusFieldWiping`).
  @Test func theStatusOfARangeOfAddressesIsWrittenApart() throws {
    let condition =
      #"{"type":"Ready","status":"True","lastTransitionTime":"2026-01-01T00:00:00Z","reason":"r","message":"m"}"#
    let status: JSONValue = ["conditions": [try object(condition)]]
    let made = try created(
      #"{"apiVersion":"networking.k8s.io/v1","kind":"ServiceCIDR","metadata":{"name":"r"},"spec":{"cidrs":["10.0.0.0/24"]},"status":{"conditions":[\#(condition)]}}"#
    )
    #expect(made["status"] == [:])
    let told = try updated(made, subresource: "status") { $0.editObject { $0["status"] = status } }
    #expect(told["status"] == status)
    let later = try updated(told) { $0.editObject { _ = $0.remove("status") } }
    #expect(later["status"] == status)
  }

  /// Only what balanced the load of a service goes with its type; what else is told of it stays.
  @Test func aServiceThatIsNoLoadBalancerKeepsItsConditions() throws {
    let made = try created(
      #"{"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},"spec":{"type":"LoadBalancer","ports":[{"port":80}]}}"#
    )
    let conditions: JSONValue = [
      ["type": "T", "status": "True", "reason": "r", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"]
    ]
    let balanced: JSONValue = [
      "loadBalancer": ["ingress": [["ip": "192.0.2.1", "ipMode": "VIP"]]], "conditions": conditions,
    ]
    let told = try updated(made, subresource: "status") { $0.editObject { $0["status"] = balanced } }
    let labelled = try updated(told) { $0.edit("metadata") { $0.editObject { $0["labels"] = ["a": "b"] } } }
    #expect(labelled["status"] == balanced)
    let other = try updated(labelled) { $0.edit("spec") { $0.editObject { $0["type"] = "ClusterIP" } } }
    #expect(other["status"] == ["loadBalancer": [:], "conditions": conditions])
    let later = try updated(other) { $0.edit("metadata") { $0.editObject { $0["labels"] = nil } } }
    #expect(later["status"] == other["status"])
  }

  /// Nodes come with a status, and it is written apart from then on. What configured them through the API is dropped.
  @Test func aNodeTellsOfItselfOnce() throws {
    let made = try created(
      #"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"},"spec":{"configSource":{"configMap":{"name":"c"}}},"status":{"capacity":{"cpu":"1"},"config":{"error":"e"}}}"#
    )
    #expect(
      made["spec"] == [:] && made["status"]?["capacity"] == ["cpu": "1"] && made["status"]?.has("config") == false)
    let later = try updated(made) { node in
      node.edit("spec") { $0.editObject { $0["configSource"] = ["configMap": ["name": "c"]] } }
      node.edit("status") { $0.editObject { $0["capacity"] = ["cpu": "2"] } }
    }
    #expect(later["spec"] == [:] && later["status"] == made["status"])
    let status = try updated(made, subresource: "status") { node in
      node.edit("status") { $0.editObject { $0["config"] = ["error": "e"] } }
    }
    #expect(status["status"]?.has("config") == false)
  }

  @Test func theStatusOfADefinitionNamesWhatIsStored() throws {
    let made = try created(
      #"{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"a.b.c"},"spec":{"versions":[{"name":"v1","storage":true},{"name":"v2","storage":false}]}}"#
    )
    #expect(
      made["status"] == ["acceptedNames": ["kind": "", "plural": ""], "storedVersions": ["v1"], "conditions": .null])
    let emptied = try updated(made, subresource: "status") {
      $0.edit("status") { $0.editObject { $0["storedVersions"] = [] } }
    }
    #expect(emptied["status"]?["storedVersions"] == ["v1"])
  }

  /// What an earlier version has stored without a default is not changed by an update that fills it in.
  @Test(arguments: [
    #"{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"s"},"spec":{"volumeClaimTemplates":[{"metadata":{"name":"d"}}]}}"#,
    #"{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j"}}"#,
  ])
  func defaultsThatCameLater(json: String) throws {
    let made = try complete(json)
    var former = made
    former.edit("spec") { spec in
      spec.editObject { _ = $0.remove("manualSelector") }
      spec.editItems(of: "volumeClaimTemplates") { $0.editObject { $0["status"] = [:] } }
    }
    #expect(former != made)
    var object = try #require(former.objectValue)
    builtin.renew(&object, kind: try #require(kindOf(made)))
    #expect(.object(object) == made)
  }

  @Test func defaultsOfWorkloads() throws {
    let set = try created(
      #"{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"s"},"spec":{"volumeClaimTemplates":[{"metadata":{"name":"d"}}]}}"#
    )
    #expect(set["spec"]?.items("volumeClaimTemplates").first?["status"] == ["phase": "Pending"])
    let job = try created(#"{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j"}}"#)
    #expect(job["spec"]?["manualSelector"] == false)
    let cron = try created(#"{"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"j"}}"#)
    #expect(cron["spec"]?["jobTemplate"]?["spec"]?.has("manualSelector") == false)
  }
}
