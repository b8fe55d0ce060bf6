import APIMachinery
import Testing

@testable import ClusterAPI

/// What is sent empty is not kept, and the rules see it nevertheless.
@Suite struct EmptiedFieldsTests {
  /// What is wrong with an object as it is sent.
  private func found(_ json: String, after old: String? = nil) throws -> [String] {
    let sent = try object(json)
    let kind = try #require(kindOf(sent))
    let emptied = builtin.emptied(
      in: try #require(sent.objectValue), definition: try #require(builtin.definitionName(of: kind)))
    return builtin.validate(
      try complete(json), old: try old.map(complete), kind: kind, emptied: emptied
    ).map(\.description)
  }

  private static func pod(_ spec: String) -> String {
    #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"n"},"spec":{"containers":[{"name":"c","image":"i"}],\#(spec)}}"#
  }

  private static func deployment(_ labels: String, replicas: Int = 1) -> String {
    #"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","namespace":"n"},"spec":{"replicas":\#(replicas),"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":\#(labels)},"spec":{"containers":[{"name":"c","image":"i","ports":[],"env":[]}],"nodeSelector":{}}}}}"#
  }

  @Test func whatMayNotBeThereMayNotBeThereEmpty() throws {
    #expect(
      try found(Self.pod(#""resources":{"claims":[]}"#))
        == ["spec.resources.claims: Forbidden: claims may not be set for Resources at pod-level"])
    #expect(try found(Self.pod(#""resources":{"limits":{}},"nodeSelector":{},"tolerations":[]"#)) == [])
  }

  @Test func messagesTellEmptyFromMissing() throws {
    let words = "`selector` does not match template `labels`"
    #expect(
      try found(Self.deployment("{}")) == ["spec.template.metadata.labels: Invalid value: {}: \(words)"])
    #expect(
      try found(Self.deployment("null")) == ["spec.template.metadata.labels: Invalid value: null: \(words)"])
  }

  @Test func aSelectorIsShownWithoutWhatIsEmpty() throws {
    let set =
      #"{"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"r","namespace":"n"},"spec":{"selector":{"matchLabels":{},"matchExpressions":[{"key":"a","operator":"In","values":[]}]},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}"#
    #expect(
      try found(set) == [
        "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
        #"spec.selector: Invalid value: {"matchExpressions":[{"key":"a","operator":"In"}]}: invalid label selector"#,
      ])
  }

  @Test func emptyIsNoChange() throws {
    let labels = #"{"a":"b"}"#
    let kept =
      #"{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j","namespace":"n","uid":"u","resourceVersion":"1"},"spec":{"manualSelector":true,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":\#(labels)},"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}}"#
    let sent = kept.replacing(#""image":"i""#, with: #""image":"i","env":[],"ports":[]"#)
      .replacing(#""containers""#, with: #""nodeSelector":{},"volumes":[],"containers""#)
    let (there, back) = (try found(sent, after: kept), try found(kept, after: sent))
    #expect(there == [] && back == [])
  }

  @Test func whoSendsAnEmptyListThatIsServedAsNullOwnsIt() throws {
    let role =
      #"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"r","labels":{}},"rules":[]}"#
    let sent = try #require(try object(role).objectValue)
    let emptied = builtin.emptied(in: sent, definition: "io.k8s.api.rbac.v1.Role")
    var kept = try #require(try complete(role).objectValue)
    #expect(kept["rules"] == .null && kept["metadata"]?["labels"] == nil)
    emptied.owned.restore(in: &kept)
    #expect(kept["rules"] == [] && kept["metadata"]?["labels"] == nil)
    emptied.restore(in: &kept)
    #expect(kept["metadata"]?["labels"] == [:])
  }

  @Test func itemsWithNamesAreTheSameWhereverTheyStand() throws {
    func node(_ drivers: String) -> String {
      #"{"apiVersion":"storage.k8s.io/v1","kind":"CSINode","metadata":{"name":"n","uid":"u","resourceVersion":"1"},"spec":{"drivers":[\#(drivers)]}}"#
    }
    func driver(_ name: String, _ more: String = "") -> String { #"{"name":"\#(name)","nodeID":"x"\#(more)}"# }
    let stored = node("\(driver("a")),\(driver("b"))")
    let empty = #","topologyKeys":[]"#
    for drivers in ["\(driver("b", empty)),\(driver("a"))", driver("b", empty)] {
      let found = try found(node(drivers), after: stored)
      #expect(found == [], "\(drivers)")
    }
  }

  @Test func whatTheServerFillsInWasNotThere() throws {
    func node(_ spec: String) -> String {
      #"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n","uid":"u","resourceVersion":"1"},"spec":{\#(spec)}}"#
    }
    let found = try found(node(#""podCIDR":"10.0.0.0/24","podCIDRs":[]"#), after: node(""))
    #expect(found == [])
  }

  @Test func bytesThatAreAnEmptyListAreNotKept() throws {
    let request =
      #"{"apiVersion":"apiregistration.k8s.io/v1","kind":"APIService","metadata":{"name":"v1.a.b"},"spec":{"group":"a.b","version":"v1","caBundle":[],"groupPriorityMinimum":1,"versionPriority":1}}"#
    let kept = try complete(request)
    #expect(kept["spec"]?.objectValue?["caBundle"] == nil)
    let numbers = try complete(request.replacing("[]", with: "[104, null]"))
    #expect(numbers["spec"]?["caBundle"] == "aAA=")
  }

  /// What is sent empty may be deep, and much of it.
  @Test func onlyFieldsOfTypesAreRemembered() throws {
    let depth = 900
    let deep =
      String(repeating: #"{"f:a":"#, count: depth) + "["
      + Array(repeating: #""""#, count: 50_000).joined(separator: ",")
      + "]" + String(repeating: "}", count: depth)
    let sent = try object(#"{"metadata":{"managedFields":[{"fieldsV1":\#(deep)}],"labels":{}}}"#)
    let emptied = builtin.emptied(in: try #require(sent.objectValue), definition: "io.k8s.api.core.v1.Pod")
    #expect(emptied.contains(["metadata", "labels"]) && !emptied.contains(["metadata", "managedFields"]))
    var kept: JSONObject = ["metadata": [:]]
    emptied.restore(in: &kept)
    #expect(kept == ["metadata": ["labels": [:]]])
  }

  @Test func nothingIsPutWhereSomethingElseIs() throws {
    let sent = try #require(
      try object(#"{"spec":{"containers":[{"name":"c"},{"name":"d","env":[]}]},"metadata":{"labels":{}}}"#)
        .objectValue)
    let emptied = builtin.emptied(in: sent, definition: "io.k8s.api.core.v1.Pod")
    var other: JSONObject = ["spec": ["containers": [["name": "c"]]], "metadata": ["labels": ["a": "b"]]]
    let before = other
    emptied.restore(in: &other)
    #expect(other == before)
    var gone: JSONObject = ["spec": "text"]
    emptied.restore(in: &gone)
    #expect(gone == ["spec": "text"])
  }
}
