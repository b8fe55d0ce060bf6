import Testing

@testable import APIMachinery

@Suite("Strategic merge patches")
struct StrategicMergePatchTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let object: String
    let patch: String
    let result: String
    var testDescription: String { name }
  }

  static let cases = [
    Case(
      name: "members are set, null removes them",
      object: #"{"metadata": {"labels": {"a": "1", "b": "2"}}, "spec": {"nodeName": "n"}}"#,
      patch: #"{"metadata": {"labels": {"a": null, "c": "3"}}, "spec": {"nodeName": null}}"#,
      result: #"{"metadata": {"labels": {"b": "2", "c": "3"}}, "spec": {}}"#),
    Case(
      name: "containers merge by name, those that the patch names come in its order",
      object: #"""
        {"spec": {"containers": [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1", "env": [{"name": "X"}]}]}}
        """#,
      patch: #"{"spec": {"containers": [{"name": "b", "image": "b:2"}, {"name": "c", "image": "c:1"}]}}"#,
      result: #"""
        {"spec": {"containers": [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:2", "env": [{"name": "X"}]},
          {"name": "c", "image": "c:1"}]}}
        """#),
    Case(
      name: "an item is deleted by its key",
      object: #"{"spec": {"containers": [{"name": "a"}, {"name": "b"}]}}"#,
      patch: #"{"spec": {"containers": [{"$patch": "delete", "name": "a"}]}}"#,
      result: #"{"spec": {"containers": [{"name": "b"}]}}"#),
    Case(
      name: "a list is replaced",
      object: #"{"spec": {"containers": [{"name": "a"}, {"name": "b"}]}}"#,
      patch: #"{"spec": {"containers": [{"$patch": "replace"}, {"name": "c"}]}}"#,
      result: #"{"spec": {"containers": [{"name": "c"}]}}"#),
    Case(
      name: "an object is replaced",
      object: #"{"spec": {"nodeName": "n", "hostNetwork": true}}"#,
      patch: #"{"spec": {"$patch": "replace", "nodeName": "m"}}"#, result: #"{"spec": {"nodeName": "m"}}"#),
    Case(
      name: "an object is emptied",
      object: #"{"spec": {"nodeName": "n", "hostNetwork": true}}"#,
      patch: #"{"spec": {"$patch": "delete", "nodeName": "m"}}"#, result: #"{"spec": {}}"#),
    Case(
      name: "a list without a strategy is replaced",
      object: #"{"spec": {"tolerations": [{"key": "a"}], "containers": [{"name": "a", "args": ["1", "2"]}]}}"#,
      patch: #"{"spec": {"tolerations": [{"key": "b"}], "containers": [{"name": "a", "args": ["3"]}]}}"#,
      result: #"{"spec": {"tolerations": [{"key": "b"}], "containers": [{"name": "a", "args": ["3"]}]}}"#),
    Case(
      name: "a set of strings grows, and shrinks by a list of its own",
      object: #"{"metadata": {"finalizers": ["a", "b", "c"]}}"#,
      patch: #"{"metadata": {"finalizers": ["d", "b"], "$deleteFromPrimitiveList/finalizers": ["a"]}}"#,
      result: #"{"metadata": {"finalizers": ["d", "b", "c"]}}"#),
    Case(
      name: "the patch orders a list of objects",
      object: #"{"spec": {"containers": [{"name": "a"}, {"name": "b"}, {"name": "c"}, {"name": "live"}]}}"#,
      patch: #"""
        {"spec": {"$setElementOrder/containers": [{"name": "c"}, {"name": "a"}, {"name": "b"}],
          "containers": [{"name": "b", "image": "b:2"}]}}
        """#,
      result: #"""
        {"spec": {"containers": [{"name": "c"}, {"name": "a"}, {"name": "b", "image": "b:2"}, {"name": "live"}]}}
        """#),
    Case(
      name: "the patch orders a list that it does not change",
      object: #"{"metadata": {"finalizers": ["a", "b", "c"]}}"#,
      patch: #"{"metadata": {"$setElementOrder/finalizers": ["c", "a"]}}"#,
      result: #"{"metadata": {"finalizers": ["b", "c", "a"]}}"#),
    Case(
      name: "an ordered list that is new loses its deletions",
      object: #"{"spec": {}}"#,
      patch: #"""
        {"spec": {"$setElementOrder/containers": [{"name": "a"}],
          "containers": [{"name": "a"}, {"name": "b", "$patch": "delete"}]}}
        """#,
      result: #"{"spec": {"containers": [{"name": "a"}]}}"#),
    Case(
      name: "only retained keys stay",
      object: #"{"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}"#,
      patch: #"{"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}"#,
      result: #"{"spec": {"strategy": {"type": "Recreate"}}}"#),
    Case(
      name: "retained keys of an item: a volume changes its source",
      object: #"{"spec": {"volumes": [{"name": "v", "emptyDir": {}}]}}"#,
      patch: #"{"spec": {"volumes": [{"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/"}}]}}"#,
      result: #"{"spec": {"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}}"#),
    Case(
      name: "nulls and directives in what is new vanish",
      object: #"{}"#,
      patch:
        #"{"spec": {"nodeName": null, "containers": [{"name": "a", "image": null}, {"$patch": "delete", "name": "b"}]}}"#,
      result: #"{"spec": {"containers": [{"name": "a"}]}}"#),
    Case(
      name: "a value of another type takes the place of the old one",
      object: #"{"spec": {"containers": "none", "nodeName": {"a": 1}}}"#,
      patch: #"{"spec": {"containers": [{"name": "a"}], "nodeName": "n"}}"#,
      result: #"{"spec": {"containers": [{"name": "a"}], "nodeName": "n"}}"#),
    Case(
      name: "a nested list merges by its own key",
      object: #"""
        {"spec": {"containers": [{"name": "a", "ports": [{"containerPort": 80, "name": "x"}, {"containerPort": 81}]}]}}
        """#,
      patch: #"""
        {"spec": {"containers": [{"name": "a", "ports": [{"containerPort": 81, "name": "y"},
          {"containerPort": 80, "$patch": "delete"}]}]}}
        """#,
      result: #"{"spec": {"containers": [{"name": "a", "ports": [{"containerPort": 81, "name": "y"}]}]}}"#),
    Case(
      name: "deleting the whole object leaves nothing",
      object: #"{"spec": {}}"#, patch: #"{"$patch": "delete"}"#, result: #"{}"#),
    Case(
      name: "deleting from a list that is not there does nothing",
      object: #"{"metadata": {}}"#, patch: #"{"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}}"#,
      result: #"{"metadata": {}}"#),
  ]

  @Test("results", arguments: cases)
  func results(example: Case) throws {
    let isDeployment = example.object.contains("strategy")
    let schema = try isDeployment ? SampleDefinitions.deployment() : SampleDefinitions.pod()
    let patch = try #require(parse(example.patch).objectValue)
    let object = try #require(parse(example.object).objectValue)
    let result = try StrategicMergePatch(schema: schema, definitionName: "io.k8s.api.core.v1.Pod")
      .apply(patch, to: object)
    #expect(try JSONValue.object(result) == parse(example.result))
  }

  @Test(
    "errors",
    arguments: [
      (
        #"{"spec": {"containers": [{"image": "x"}]}}"#, "failed",
        "map: map[image:x] does not contain declared merge key: name"
      ),
      (
        #"{"spec": {"containers": [{"$patch": "delete", "image": "x"}]}}"#, "failed",
        "map: map[$patch:delete image:x] does not contain declared merge key: name"
      ),
      (
        #"{"spec": {"containers": [{"$patch": "merge"}]}}"#, "failed",
        "merging lists cannot yet be specified in the patch"
      ),
      (
        #"{"spec": {"$patch": "merge", "n": 1.5}}"#, "failed",
        "unknown patch type: merge in map: map[$patch:merge n:1.5]"
      ),
      (#"{"spec": {"$deleteFromPrimitiveList": ["x"]}}"#, "badRequest", "invalid patch format of primitive list"),
      (#"{"spec": {"$setElementOrder": ["x"]}}"#, "badRequest", "invalid patch format of setElementOrder list"),
      (
        #"{"spec": {"$setElementOrder/containers": "x"}}"#, "failed",
        "expected a []interface {}, but received a string"
      ),
      (#"{"spec": {"$retainKeys": "x"}}"#, "badRequest", "invalid patch format of retainKeys"),
      (#"{"spec": {"$retainKeys": ["a"], "nodeName": "x"}}"#, "badRequest", "invalid patch format of retainKeys"),
      (#"{"spec": {"containers": [["x"]]}}"#, "failed", "list element types are not identical: [[map[name:a]] [[x]]]"),
      (#"{"metadata": {"finalizers": [["x"]]}}"#, "unprocessable", "lists of lists are not supported"),
      (
        #"{"spec": {"$setElementOrder/containers": [{"name": "b"}], "containers": [{"name": "a"}]}}"#, "failed",
        "The order in patch list:\n[map[name:a]]\n doesn't match $setElementOrder list:\n[map[name:b]]\n"
      ),
      (
        #"{"spec": {"odd": {"x": 1}}}"#, "failed",
        #"unable to find api field in struct PodSpec for the json field "odd""#
      ),
      (
        #"{"metadata": {"labels": {"a": {"x": 1}}}}"#, "failed",
        "merging an object in json but data type is not struct, instead is: map"
      ),
    ])
  func errors(patch: String, code: String, message: String) throws {
    let object = try #require(
      parse(
        #"{"metadata": {"labels": {"a": {}}, "finalizers": [["y"]]}, "spec": {"containers": [{"name": "a"}], "odd": {}}}"#
      ).objectValue)
    let value = try #require(parse(patch).objectValue)
    let schema = try SampleDefinitions.pod()
    let error = #expect(throws: StrategicMergeError.self) {
      try StrategicMergePatch(schema: schema, definitionName: "io.k8s.api.core.v1.Pod").apply(value, to: object)
    }
    #expect(error?.message == message)
    #expect(error?.code.description == code)
  }

  @Test("any patch is applied or refused, and an empty one changes nothing")
  func fuzz() throws {
    var generator = SeededGenerator(seed: 23)
    let patcher = try StrategicMergePatch(schema: SampleDefinitions.pod(), definitionName: "io.k8s.api.core.v1.Pod")
    let words = [
      "metadata", "labels", "finalizers", "spec", "containers", "name", "env", "ports", "containerPort", "$patch",
      "replace", "delete", "$retainKeys", "$setElementOrder/containers", "$deleteFromPrimitiveList/finalizers",
      "volumes",
    ]
    for _ in 0..<3000 {
      let object = JSONValue.random(words: words, depth: 5, using: &generator).objectValue ?? [:]
      let patch = JSONValue.random(words: words, depth: 5, using: &generator).objectValue ?? [:]
      #expect(try patcher.apply([:], to: object) == object)
      guard let once = try? patcher.apply(patch, to: object), !patch.keys.contains("$patch") else { continue }
      if let twice = try? patcher.apply(patch, to: once) { #expect(twice.count == once.count) }
    }
  }
}
