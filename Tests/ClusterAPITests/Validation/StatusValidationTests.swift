import APIMachinery
import Testing

@testable import ClusterAPI

@Suite struct StatusValidationTests {
  private func problems(_ kind: String, _ spec: String, _ status: String, after old: String) throws -> [String] {
    func object(_ status: String) throws -> JSONValue {
      try complete(
        #"{\#(kind),"metadata":{"name":"w","namespace":"n","resourceVersion":"1"},"spec":\#(spec),"status":\#(status)}"#
      )
    }
    let new = try object(status)
    return builtin.validate(
      new, old: try object(old), kind: try #require(kindOf(new)), subresource: "status"
    ).map(\.description)
  }

  /// A definition may have no names yet that are accepted; those that it has have the form of names.
  @Test(
    arguments: [
      (#"{"plural":"","kind":""}"#, nil), (#"{"plural":"things","kind":"Thing"}"#, nil),
      (
        #"{"plural":"things","kind":"Thing","listKind":"Thing"}"#,
        #"status.acceptedNames.listKind: Invalid value: "Thing": kind and listKind may not be the same"#
      ),
    ] as [(String, String?)])
  func acceptedNames(names: String, problem: String?) throws {
    let kind = #""apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition""#
    let spec = #"{"group":"g.example.com","names":{"plural":"things","kind":"Thing"},"scope":"Cluster","versions":[]}"#
    let status = #"{"acceptedNames":\#(names),"storedVersions":[]}"#
    let found = try problems(kind, spec, status, after: status)
    #expect(found == (problem.map { [$0] } ?? []))
  }

  @Test(
    arguments: [
      ("Deployment", #"{"replicas":2,"readyReplicas":1,"availableReplicas":1}"#, nil),
      (
        "Deployment", #"{"replicas":1,"readyReplicas":2,"availableReplicas":1}"#,
        "status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas"
      ),
      (
        "ReplicaSet", #"{"replicas":2,"readyReplicas":1,"availableReplicas":2}"#,
        "status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas"
      ),
      (
        "StatefulSet", #"{"replicas":2,"readyReplicas":1,"availableReplicas":2}"#,
        "status.availableReplicas: Invalid value: 2: cannot be greater than status.readyReplicas"
      ),
      (
        "ReplicaSet", #"{"fullyLabeledReplicas":-1}"#,
        "status.fullyLabeledReplicas: Invalid value: -1: must be greater than or equal to 0"
      ),
    ] as [(String, String, String?)])
  func numbersOfPods(kind: String, status: String, problem: String?) throws {
    let found = try problems(#""apiVersion":"apps/v1","kind":"\#(kind)""#, "{}", status, after: "{}")
    #expect(found == (problem.map { [$0] } ?? []))
  }

  @Test func collisionsAreNotForgotten() throws {
    let found = try problems(
      #""apiVersion":"apps/v1","kind":"DaemonSet""#, "{}", #"{"collisionCount":1}"#, after: #"{"collisionCount":2}"#)
    #expect(found == ["status.collisionCount: Invalid value: 1: cannot be decremented"])
  }

  @Test(arguments: [
    ("{}", []),
    (#"{"active":1,"ready":1,"succeeded":2,"startTime":"2026-01-01T00:00:00Z"}"#, []),
    (
      #"{"conditions":[{"type":"Complete","status":"True"},{"type":"SuccessCriteriaMet","status":"True"}],"succeeded":2,"startTime":"2026-01-01T00:00:00Z","completionTime":"2026-01-01T00:00:05Z"}"#,
      []
    ),
    (
      #"{"conditions":[{"type":"Failed","status":"True"}],"active":1,"startTime":"2026-01-01T00:00:00Z"}"#,
      [
        "status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition",
        "status.active: Invalid value: 1: active>0 is invalid for finished job",
      ]
    ),
    (#"{"active":1,"ready":2}"#, ["status.ready: Invalid value: 2: cannot set more ready pods than active"]),
    (
      #"{"completionTime":"2026-01-01T00:00:05Z"}"#,
      [
        #"status.completionTime: Invalid value: "2026-01-01T00:00:05Z": cannot set completionTime when there is no Complete=True condition"#
      ]
    ),
    (
      #"{"completedIndexes":"1-3"}"#,
      [
        #"status.completedIndexes: Invalid value: "1-3": error parsing completedIndexes: too large index: "3""#,
        #"status.completedIndexes: Invalid value: "1-3": cannot set non-empty completedIndexes when non-indexed completion mode"#,
      ]
    ),
  ])
  func jobs(status: String, problems expected: [String]) throws {
    #expect(
      try problems(#""apiVersion":"batch/v1","kind":"Job""#, #"{"completions":2}"#, status, after: "{}") == expected)
  }

  @Test func whatAJobHasReachedStays() throws {
    let found = try problems(
      #""apiVersion":"batch/v1","kind":"Job""#, #"{"completions":2}"#, #"{"failed":1}"#,
      after:
        #"{"failed":2,"conditions":[{"type":"FailureTarget","status":"True"}],"startTime":"2026-01-01T00:00:00Z"}"#)
    #expect(
      found == [
        "status.conditions: Invalid value: cannot disable the terminal FailureTarget=True condition",
        "status.failed: Invalid value: 1: cannot decrease the failed counter",
        "status.startTime: Required value: startTime cannot be removed for unsuspended job",
      ])
  }

  /// What a status says already is not judged again.
  @Test func whatAJobHasSaidAlreadyMayStay() throws {
    let old = #""completedIndexes":"0-7","conditions":[{"type":"Failed","status":"True"}],"active":1"#
    #expect(
      try problems(
        #""apiVersion":"batch/v1","kind":"Job""#, #"{"completions":2}"#, "{\(old),\"failed\":1}", after: "{\(old)}")
        == [])
  }

  @Test func succeededPodsOfAnElasticJobMayBecomeFewer() throws {
    func found(_ completions: Int) throws -> [String] {
      try problems(
        #""apiVersion":"batch/v1","kind":"Job""#,
        #"{"completionMode":"Indexed","completions":\#(completions),"parallelism":2}"#, #"{"succeeded":1}"#,
        after: #"{"succeeded":2}"#)
    }
    #expect(try found(2) == [])
    #expect(try found(3) == ["status.succeeded: Invalid value: 1: cannot decrease the succeeded counter"])
  }

  @Test(arguments: [
    (#"{"completedIndexes":"0,2-3","failedIndexes":"1,4"}"#, []),
    (
      #"{"completedIndexes":"0,2-3","failedIndexes":"1,3-4"}"#,
      [
        #"status.failedIndexes: Invalid value: "1,3-4": failedIndexes and completedIndexes overlap at index: 3"#
      ]
    ),
    (
      #"{"completedIndexes":"3,2"}"#,
      [
        #"status.completedIndexes: Invalid value: "3,2": error parsing completedIndexes: non-increasing order, previous: 3, current: 2"#
      ]
    ),
    (
      #"{"failedIndexes":"a"}"#,
      [
        #"status.failedIndexes: Invalid value: "a": error parsing failedIndexes: cannot convert string to integer for index: "a""#
      ]
    ),
    (
      #"{"uncountedTerminatedPods":{"succeeded":["a"],"failed":["","a"]}}"#,
      [
        #"status.uncountedTerminatedPods.failed[0]: Invalid value: "": must not be empty"#,
        #"status.uncountedTerminatedPods.failed[1]: Duplicate value: "a""#,
      ]
    ),
  ])
  func indexesOfJobs(status: String, expected: [String]) throws {
    #expect(
      try problems(
        #""apiVersion":"batch/v1","kind":"Job""#,
        #"{"completionMode":"Indexed","completions":6,"parallelism":2,"backoffLimitPerIndex":1}"#, status, after: "{}")
        == expected)
  }

  @Test func podsDoNotComeBack() throws {
    let kind = #""apiVersion":"v1","kind":"Pod""#
    func spec(_ policy: String) -> String {
      #"{"restartPolicy":"\#(policy)","containers":[{"name":"c","image":"i"}]}"#
    }
    func status(_ state: String) -> String { #"{"containerStatuses":[{"name":"c","state":\#(state)}]}"# }
    let running = status(#"{"running":{}}"#)
    #expect(
      try problems(kind, spec("Never"), running, after: status(#"{"terminated":{"exitCode":1}}"#))
        == ["status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"])
    #expect(try problems(kind, spec("OnFailure"), running, after: status(#"{"terminated":{"exitCode":1}}"#)) == [])
    #expect(
      try problems(kind, spec("OnFailure"), running, after: status(#"{"terminated":{"exitCode":0}}"#)).count == 1)
    #expect(try problems(kind, spec("Always"), running, after: status(#"{"terminated":{"exitCode":0}}"#)) == [])
  }

  @Test func podsHaveOneAddressAFamily() throws {
    let kind = #""apiVersion":"v1","kind":"Pod""#
    let spec = #"{"containers":[{"name":"c","image":"i"}]}"#
    #expect(try problems(kind, spec, #"{"podIPs":[{"ip":"10.0.0.1"},{"ip":"fd00::1"}]}"#, after: "{}") == [])
    #expect(
      try problems(kind, spec, #"{"podIPs":[{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}]}"#, after: "{}") == [
        #"status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"10.0.0.2"}]: may specify no more than one IP for each IP family"#
      ])
  }

  @Test func featuresOfNodes() throws {
    func found(_ features: String) throws -> [String] {
      let node = try object(
        #"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n","resourceVersion":"1"},"spec":{},"status":{"declaredFeatures":[\#(features)]}}"#
      )
      let kind = GroupVersionKind(group: "", version: "v1", kind: "Node")
      return builtin.validate(node, old: node, kind: kind, subresource: "status").map(\.description)
    }
    #expect(try found(#""A","B/c","B/d1""#) == [])
    #expect(
      try found(#""B","A","A""#) == [
        #"status.declaredFeatures[1]: Invalid value: "A": list must be sorted alphabetically"#,
        #"status.declaredFeatures[2]: Duplicate value: "A""#,
      ])
    let words = "must start with an UpperCamelCase segment"
    for name in ["a", "A/", "A b", "/A", ""] {
      let problems = try found("\"\(name)\"")
      #expect(
        problems.count == 1 && problems[0].contains(#"invalid feature name "\#(name)": \#(words)"#), "\(name)")
    }
  }

  @Test func namespaces() throws {
    func namespace(_ phase: String, _ metadata: String = "", finalizers: String = "") throws -> JSONValue {
      try object(
        #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n","resourceVersion":"1"\#(metadata)},"spec":{"finalizers":[\#(finalizers)]},"status":{"phase":"\#(phase)"}}"#
      )
    }
    let kind = GroupVersionKind(group: "", version: "v1", kind: "Namespace")
    func found(_ new: JSONValue, _ subresource: String) -> [String] {
      builtin.validate(new, old: new, kind: kind, subresource: subresource).map(\.description)
    }
    let gone = #","deletionTimestamp":"2026-01-01T00:00:00Z","deletionGracePeriodSeconds":0"#
    #expect(try found(namespace("Active"), "status") == [])
    #expect(try found(namespace("Terminating", gone), "status") == [])
    #expect(
      try found(namespace("Terminating"), "status") == [
        #"status.Phase: Invalid value: "Terminating": may only be 'Active' if `deletionTimestamp` is empty"#
      ])
    #expect(
      try found(namespace("Active", gone), "status") == [
        #"status.Phase: Invalid value: "Active": may only be 'Terminating' if `deletionTimestamp` is not empty"#
      ])
    let odd = #""odd""#
    let words = #"Invalid value: "odd": name is neither a standard finalizer name nor is it fully qualified"#
    #expect(try found(namespace("Active", finalizers: odd), "finalize") == ["spec.finalizers[0]: \(words)"])
    #expect(try found(namespace("Active", finalizers: odd), "") == [])
    #expect(
      try builtin.validate(namespace("Active", finalizers: odd), old: nil, kind: kind).map(\.description)
        == ["spec.finalizers: \(words)"])
  }
}
