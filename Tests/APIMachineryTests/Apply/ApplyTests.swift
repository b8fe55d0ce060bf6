import Testing

@testable import APIMachinery

/// A kind with all sorts of lists and objects, and objects of it at work.
private struct Playground {
  static let kind = GroupVersionKind(group: "example.com", version: "v1", kind: "Thing")
  static let time = "2024-01-01T00:00:00Z"
  static let later = "2024-01-01T00:01:00Z"

  static let schema = #"""
    {"type": "object", "properties": {
      "spec": {"type": "object", "properties": {
        "number": {"type": "integer"}, "text": {"type": "string"},
        "set": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        "atomic": {"type": "array", "items": {"type": "string"}},
        "atomicMap": {"type": "object", "x-kubernetes-map-type": "atomic", "additionalProperties": {"type": "string"}},
        "map": {"type": "object", "additionalProperties": {"type": "string"}},
        "list": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
          "items": {"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string"}, "value": {"type": "integer"}, "other": {"type": "integer"}}}},
        "ports": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["port", "protocol"],
          "items": {"type": "object", "required": ["port"], "properties": {
            "port": {"type": "integer"}, "protocol": {"type": "string", "default": "TCP"}, "name": {"type": "string"}}}},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
        "either": {"x-kubernetes-int-or-string": true}}},
      "status": {"type": "object", "properties": {"phase": {"type": "string"}, "count": {"type": "integer"}}}}}
    """#

  let manager: FieldManager

  init(subresource: String = "", reset: [[String]] = [["status"]]) throws {
    let metadata = try #require(SampleDefinitions.registry()["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"])
    let schema = try customSchema(Self.schema).withObjectMetadata(metadata)
    manager = FieldManager(
      Self.kind, subresource: subresource, versions: ObjectVersions([Self.kind.groupVersion: schema]),
      resetFields: [Self.kind.groupVersion: FieldSet(names: reset)])
  }

  static func object(_ spec: String, name: String = "a", more: String = "") throws -> JSONObject {
    let text =
      #"{"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": ""# + name + #""}, "spec": "#
      + "\(spec)\(more)}"
    return try #require(parse(text).objectValue)
  }

  func apply(_ spec: String, to live: JSONObject?, by name: String, force: Bool = false, at time: String = time)
    async throws -> JSONObject
  {
    try await manager.apply(Self.object(spec), to: live, by: name, force: force, at: time)
  }

  /// As the server would store it.
  func stored(_ object: JSONObject) -> JSONObject {
    var object = object
    object.update("metadata") { metadata in
      if case .object(var members) = metadata, members["uid"] == nil {
        members["uid"] = "1234"
        metadata = .object(members)
      }
    }
    return object
  }
}

extension JSONObject {
  fileprivate var spec: JSONValue? { self["spec"] }
  fileprivate var text: String { JSONValue.object(self).jsonText(sortedKeys: true) }

  /// `manager/operation: fields`, an entry a line.
  fileprivate var owners: [String] {
    (self["metadata"]?["managedFields"]?.arrayValue ?? []).map { entry in
      let subresource = entry["subresource"]?.stringValue.map { "/\($0)" } ?? ""
      let fields = (try? FieldSet(fieldsV1: entry["fieldsV1"]))?.paths.map(\.description).joined(separator: " ") ?? "?"
      return "\(entry["manager"]?.stringValue ?? "")/\(entry["operation"]?.stringValue ?? "")\(subresource): \(fields)"
    }
  }
}

@Suite("Server-side apply")
struct ApplyTests {
  @Test("a created object belongs to whom created it")
  func create() async throws {
    let playground = try Playground()
    let object = try Playground.object(
      #"{"number": 1, "list": [{"name": "x", "value": 1}], "map": {"k": "v"}, "atomic": ["a"], "set": ["s"], "free": {"a": {"b": 1}}}"#
    )
    let created = await playground.manager.update(object, from: nil, by: "creator", at: Playground.time)
    let entry = try #require(created["metadata"]?["managedFields"]?.arrayValue?.first)
    #expect(
      try entry
        == parse(
          #"""
          {"manager": "creator", "operation": "Update", "apiVersion": "example.com/v1", "time": "2024-01-01T00:00:00Z",
           "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {".": {}, "f:number": {}, "f:atomic": {},
             "f:map": {".": {}, "f:k": {}}, "f:set": {".": {}, "v:\"s\"": {}},
             "f:list": {".": {}, "k:{\"name\":\"x\"}": {".": {}, "f:name": {}, "f:value": {}}},
             "f:free": {".": {}, "f:a": {".": {}, "f:b": {}}}}}}
          """#))
    #expect(created.spec == object.spec)
  }

  @Test("applying the same again changes nothing, not even a time")
  func again() async throws {
    let playground = try Playground()
    let spec = #"{"number": 1, "list": [{"name": "x", "value": 1}], "map": {"k": "v"}, "set": ["s"]}"#
    let first = playground.stored(try await playground.apply(spec, to: nil, by: "one"))
    #expect(
      first.owners == [
        #"one/Apply: .spec.number .spec.list[name="x"] .spec.list[name="x"].name .spec.list[name="x"].value .spec.map.k .spec.set[="s"]"#
      ])
    let second = try await playground.apply(spec, to: first, by: "one", at: Playground.later)
    #expect(second.text == first.text)
  }

  @Test("a field of another is a conflict; force takes it")
  func conflicts() async throws {
    let playground = try Playground()
    let live = playground.stored(try await playground.apply(#"{"number": 1, "text": "a"}"#, to: nil, by: "one"))
    let error = await #expect(throws: ApplyError.self) {
      try await playground.apply(#"{"number": 2}"#, to: live, by: "two")
    }
    #expect(error?.message == #"Apply failed with 1 conflict: conflict with "one": .spec.number"#)
    #expect(error?.status.code == 409)
    #expect(
      error?.status.details?.causes == [
        .init(reason: "FieldManagerConflict", message: #"conflict with "one""#, field: ".spec.number")
      ])
    let both = await #expect(throws: ApplyError.self) {
      try await playground.apply(#"{"number": 2, "text": "b"}"#, to: live, by: "two")
    }
    #expect(
      both?.message
        == "Apply failed with 2 conflicts: conflicts with \"one\":\n- .spec.number\n- .spec.text")
    let forced = try await playground.apply(#"{"number": 2}"#, to: live, by: "two", force: true, at: Playground.later)
    #expect(forced.spec == ["number": 2, "text": "a"])
    #expect(forced.owners == ["one/Apply: .spec.text", "two/Apply: .spec.number"])
    // The same value is shared, not fought for.
    let shared = try await playground.apply(#"{"number": 1}"#, to: live, by: "two", at: Playground.later)
    #expect(shared.owners == ["two/Apply: .spec.number", "one/Apply: .spec.number .spec.text"])
  }

  @Test("updates are told with their version, those of a subresource with its name")
  func updateConflicts() async throws {
    let playground = try Playground()
    let live = playground.stored(
      await playground.manager.update(
        try Playground.object(#"{"number": 1}"#), from: nil, by: "kubectl-client-side-apply", at: Playground.time))
    let error = await #expect(throws: ApplyError.self) {
      try await playground.apply(#"{"number": 2}"#, to: live, by: "two")
    }
    #expect(
      error?.message
        == #"Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using example.com/v1: .spec.number"#
    )
    let status = try Playground(subresource: "status", reset: [["spec"]])
    var changed = live
    changed["status"] = ["phase": "Ready"]
    let withStatus = await status.manager.update(changed, from: live, by: "controller", at: Playground.later)
    #expect(
      withStatus.owners == [
        "kubectl-client-side-apply/Update: .spec .spec.number", "controller/Update/status: .status .status.phase",
      ])
    let statusError = await #expect(throws: ApplyError.self) {
      try await status.manager.apply(
        Playground.object("{}", more: #", "status": {"phase": "Other"}"#), to: withStatus, by: "two",
        at: Playground.later)
    }
    #expect(
      statusError?.message
        == #"Apply failed with 1 conflict: conflict with "controller" with subresource "status" using example.com/v1: .status.phase"#
    )
  }

  @Test("fields that a request does not set are nobody's")
  func resetFields() async throws {
    let playground = try Playground()
    let object = try Playground.object(#"{"number": 1}"#, more: #", "status": {"phase": "x"}"#)
    let created = await playground.manager.update(object, from: nil, by: "creator", at: Playground.time)
    #expect(created.owners == ["creator/Update: .spec .spec.number"])
    let applied = try await playground.manager.apply(object, to: nil, by: "one", at: Playground.time)
    #expect(applied.owners == ["one/Apply: .spec.number"])
  }

  struct Removal: Sendable, CustomTestStringConvertible {
    let name: String
    let first: String
    let second: String
    /// What another manager applies in between.
    var other: String?
    let result: String
    var testDescription: String { name }
  }

  @Test(
    "what is no longer applied goes, unless others own it",
    arguments: [
      Removal(
        name: "a scalar", first: #"{"number": 1, "text": "a"}"#, second: #"{"text": "a"}"#, result: #"{"text": "a"}"#),
      Removal(
        name: "a scalar that another owns", first: #"{"number": 1, "text": "a"}"#, second: #"{"text": "a"}"#,
        other: #"{"number": 1}"#, result: #"{"number": 1, "text": "a"}"#),
      Removal(
        name: "an item of a list", first: #"{"list": [{"name": "a"}, {"name": "b"}]}"#,
        second: #"{"list": [{"name": "b"}]}"#,
        result: #"{"list": [{"name": "b"}]}"#),
      Removal(
        name: "an item that another owns in part",
        first: #"{"list": [{"name": "a", "value": 1}, {"name": "b"}]}"#, second: #"{"list": [{"name": "b"}]}"#,
        other: #"{"list": [{"name": "a", "other": 2}]}"#,
        result: #"{"list": [{"name": "a", "other": 2}, {"name": "b"}]}"#),
      Removal(
        name: "a value of a set", first: #"{"set": ["a", "b"]}"#, second: #"{"set": ["b"]}"#, other: #"{"set": ["c"]}"#,
        result: #"{"set": ["b", "c"]}"#),
      Removal(
        name: "a member of a map", first: #"{"map": {"a": "1", "b": "2"}}"#, second: #"{"map": {"b": "2"}}"#,
        result: #"{"map": {"b": "2"}}"#),
      Removal(
        name: "a whole map", first: #"{"map": {"a": "1"}, "number": 1}"#, second: #"{"number": 1}"#,
        result: #"{"number": 1}"#),
      Removal(
        name: "an atomic list is replaced", first: #"{"atomic": ["a", "b"]}"#, second: #"{"atomic": ["c"]}"#,
        result: #"{"atomic": ["c"]}"#),
      Removal(
        name: "an atomic map is replaced", first: #"{"atomicMap": {"a": "1"}}"#, second: #"{"atomicMap": {"b": "2"}}"#,
        result: #"{"atomicMap": {"b": "2"}}"#),
      Removal(
        name: "unknown fields", first: #"{"free": {"a": {"b": 1, "c": [1]}}}"#, second: #"{"free": {"a": {"c": [2]}}}"#,
        result: #"{"free": {"a": {"c": [2]}}}"#),
      Removal(
        name: "an item is known by its key's default", first: #"{"ports": [{"port": 80, "name": "x"}, {"port": 81}]}"#,
        second: #"{"ports": [{"port": 80, "protocol": "TCP", "name": "y"}]}"#,
        result: #"{"ports": [{"port": 80, "protocol": "TCP", "name": "y"}]}"#),
      Removal(name: "everything", first: #"{"number": 1, "list": [{"name": "a"}]}"#, second: "{}", result: "{}"),
    ])
  func removal(example: Removal) async throws {
    let playground = try Playground()
    var live = playground.stored(try await playground.apply(example.first, to: nil, by: "one"))
    if let other = example.other { live = try await playground.apply(other, to: live, by: "two", at: Playground.time) }
    let result = try await playground.apply(example.second, to: live, by: "one", at: Playground.later)
    let expected = try parse(example.result)
    #expect(
      result.spec == expected || (expected == [:] && result.spec == nil), "\(JSONValue.object(result).jsonText())")
    let again = try await playground.apply(example.second, to: result, by: "one", at: Playground.later)
    #expect(again.text == result.text)
  }

  @Test(
    "lists come in the order of who applies, with the others' items in their places",
    arguments: [
      (["a", "b", "c"], ["c", "a"], ["b", "c", "a"]), (["a", "b"], ["b", "x", "a"], ["b", "x", "a"]),
      (["a", "b", "c", "d"], ["b", "x", "d"], ["a", "b", "c", "x", "d"]), (["a", "b"], ["x"], ["a", "b", "x"]),
      ([], ["x", "y"], ["x", "y"]),
    ])
  func order(live: [String], applied: [String], expected: [String]) async throws {
    let playground = try Playground()
    func spec(_ names: [String]) -> String {
      #"{"list": ["# + names.map { #"{"name": ""# + $0 + #""}"# }.joined(separator: ", ") + "]}"
    }
    let object = playground.stored(
      await playground.manager.update(try Playground.object(spec(live)), from: nil, by: "zero", at: Playground.time))
    let result = try await playground.apply(spec(applied), to: object, by: "one")
    #expect(result.spec?["list"]?.arrayValue?.compactMap { $0["name"]?.stringValue } == expected)
  }

  @Test("what others wrote before anybody applied is noted at the first apply")
  func beforeFirstApply() async throws {
    let playground = try Playground()
    let live = playground.stored(try Playground.object(#"{"number": 1, "text": "a"}"#))
    let error = await #expect(throws: ApplyError.self) {
      try await playground.apply(#"{"number": 2}"#, to: live, by: "one")
    }
    #expect(
      error?.message
        == #"Apply failed with 1 conflict: conflict with "before-first-apply" using example.com/v1: .spec.number"#)
    let result = try await playground.apply(#"{"number": 2}"#, to: live, by: "one", force: true)
    #expect(result.owners == ["one/Apply: .spec.number", "before-first-apply/Update: .spec .spec.text"])
    // Without notes an update starts none.
    let updated = await playground.manager.update(
      playground.stored(try Playground.object(#"{"number": 3}"#)), from: live, by: "two", at: Playground.time)
    #expect(updated["metadata"]?["managedFields"] == nil)
  }

  @Test("an update takes what it changes, and lets go what it removes")
  func updates() async throws {
    let playground = try Playground()
    let live = playground.stored(
      try await playground.apply(#"{"number": 1, "text": "a", "map": {"k": "v"}}"#, to: nil, by: "one"))
    var changed = live
    changed["spec"] = ["number": 2, "map": ["k": "v", "l": "w"]]
    let result = await playground.manager.update(changed, from: live, by: "two", at: Playground.later)
    #expect(result.owners == ["one/Apply: .spec.map.k", "two/Update: .spec.number .spec.map.l"])
    // Nothing changes, nobody is noted.
    #expect(await playground.manager.update(result, from: result, by: "three", at: Playground.later) == result)
  }

  @Test("managed fields in a request: dropped, kept, or set")
  func givenManagedFields() async throws {
    let playground = try Playground()
    let live = playground.stored(try await playground.apply(#"{"number": 1}"#, to: nil, by: "one"))
    func update(_ managedFields: JSONValue?, _ playground: Playground) async throws -> [String] {
      var object = live
      object.update("metadata") { metadata in
        guard case .object(var members) = metadata else { return }
        members["managedFields"] = managedFields
        metadata = .object(members)
      }
      return await playground.manager.update(object, from: live, by: "two", at: Playground.later).owners
    }
    #expect(try await update(nil, playground) == ["one/Apply: .spec.number"])
    #expect(try await update([], playground) == [])
    #expect(try await update([[:]], playground) == [])
    #expect(try await update([["operation": "Nonsense"]], playground) == ["one/Apply: .spec.number"])
    let entry = try parse(
      #"{"manager": "x", "operation": "Update", "apiVersion": "example.com/v1", "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {"f:text": {}}}}"#
    )
    #expect(try await update([entry], playground) == ["x/Update: .spec.text"])
    #expect(try await update([entry], Playground(subresource: "status")) == ["one/Apply: .spec.number"])
  }

  @Test(
    "configurations that cannot be applied",
    arguments: [
      (
        #"{"spec": {"number": "x"}}"#, "failed",
        "failed to create typed patch object (/a; example.com/v1, Kind=Thing): .spec.number: expected numeric (int or float), got string"
      ),
      (
        #"{"spec": {"odd": 1, "text": 5}}"#, "failed",
        "failed to create typed patch object (/a; example.com/v1, Kind=Thing): errors:\n  .spec.odd: field not declared in schema\n  .spec.text: expected string, got &value.valueUnstructured{Value:5}"
      ),
      (
        #"{"spec": {"list": [{"name": "a"}, {"name": "a"}]}}"#, "failed",
        #"failed to create typed patch object (/a; example.com/v1, Kind=Thing): .spec.list: duplicate entries for key [name="a"]"#
      ),
      (
        #"{"spec": {"list": [{"value": 1}]}}"#, "failed",
        #"failed to create typed patch object (/a; example.com/v1, Kind=Thing): .spec.list: element 0: associative list with keys has an element that omits all key fields ["name"] (and doesn't have default values for any key fields)"#
      ),
      (#"{"metadata": {"managedFields": []}}"#, "badRequest", "metadata.managedFields must be nil"),
      (#"{"kind": "Other"}"#, "badRequest", "invalid object type: example.com/v1, Kind=Other"),
    ])
  func refused(text: String, code: String, message: String) async throws {
    var object = try Playground.object("{}")
    for (name, value) in try #require(parse(text).objectValue) {
      if name == "metadata", case .object(let members) = value {
        object.update("metadata") { metadata in
          metadata = .object(JSONObject([("name", "a")] + members.map { ($0.0, $0.1) }))
        }
      } else {
        object[name] = value
      }
    }
    let playground = try Playground()
    let configuration = object
    let error = await #expect(throws: ApplyError.self) {
      try await playground.manager.apply(configuration, to: nil, by: "one", at: Playground.time)
    }
    #expect(error?.message == message)
    #expect(error?.code.description == code)
  }

  @Test("the oldest updates are put together where there are many")
  func manyManagers() async throws {
    let playground = try Playground()
    var live = playground.stored(
      await playground.manager.update(try Playground.object("{}"), from: nil, by: "creator", at: Playground.time))
    for index in 0..<14 {
      var changed = live
      changed["spec"] = [
        "number": .integer(Int64(index)),
        "map": .object(
          [("k\(index)", "v")].reduce(into: live.spec?["map"]?.objectValue ?? [:]) { $0[$1.0] = .string($1.1) }),
      ]
      let minute = index < 10 ? "0\(index)" : "\(index)"
      live = await playground.manager.update(changed, from: live, by: "m\(index)", at: "2024-01-01T00:\(minute):00Z")
    }
    let names = live["metadata"]?["managedFields"]?.arrayValue?.compactMap { $0["manager"]?.stringValue }
    #expect(
      names == ["ancient-changes", "m5", "m6", "m7", "m8", "m9", "m10", "m11", "m12", "m13"])
    #expect(live.owners[0].contains(".spec.map.k0 .spec.map.k1"))
    #expect(live["metadata"]?["managedFields"]?.arrayValue?[0]["time"] == "2024-01-01T00:04:00Z")
  }

  @Test("kubectl takes its own client-side fields over")
  func clientSideMigration() async throws {
    let playground = try Playground()
    var object = try Playground.object(#"{"number": 1, "text": "a"}"#)
    object["metadata"] = [
      "name": "a",
      "annotations": [
        "kubectl.kubernetes.io/last-applied-configuration":
          #"{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"a"},"spec":{"number":1,"text":"a"}}"#
      ],
    ]
    let live = playground.stored(
      await playground.manager.update(object, from: nil, by: "kubectl-client-side-apply", at: Playground.time))
    let result = try await playground.apply(#"{"number": 2}"#, to: live, by: "kubectl", at: Playground.later)
    #expect(result.spec == ["number": 2, "text": "a"])
    #expect(
      result["metadata"]?["annotations"]?["kubectl.kubernetes.io/last-applied-configuration"]
        == .string(
          #"{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"a"},"spec":{"number":2}}"# + "\n"))
    // What another has changed since is no longer the client's own.
    var changed = live
    changed["spec"] = ["number": 7, "text": "a"]
    let stolen = await playground.manager.update(changed, from: live, by: "someone", at: Playground.later)
    let error = await #expect(throws: ApplyError.self) {
      try await playground.apply(#"{"number": 2, "text": "b"}"#, to: stolen, by: "kubectl", at: Playground.later)
    }
    #expect(
      error?.message
        == #"Apply failed with 1 conflict: conflict with "someone" using example.com/v1: .spec.number"#)
    // Any other manager has to force it.
    await #expect(throws: ApplyError.self) { try await playground.apply(#"{"number": 2}"#, to: live, by: "other") }
  }

  @Test("applying anything twice changes nothing the second time")
  func fuzz() async throws {
    var generator = SeededGenerator(seed: 41)
    let playground = try Playground()
    func spec() -> JSONValue {
      var object = JSONObject()
      func maybe(_ name: String, _ value: @autoclosure () -> JSONValue) {
        if Bool.random(using: &generator) { object[name] = value() }
      }
      func names() -> [String] {
        ["a", "b", "c", "d"].shuffled(using: &generator).suffix(Int.random(in: 0...4, using: &generator))
      }
      func number() -> JSONValue { .integer(Int64.random(in: 0...2, using: &generator)) }
      maybe("number", number())
      maybe("text", .string(names().first ?? ""))
      maybe("set", .array(names().map { .string($0) }))
      maybe("atomic", .array(names().map { .string($0) }))
      maybe("atomicMap", .object(JSONObject(names().map { ($0, "x") })))
      maybe("map", .object(JSONObject(names().map { ($0, .string(names().first ?? "")) })))
      maybe("list", .array(names().map { ["name": .string($0), "value": number()] }))
      maybe("ports", .array(names().map { ["port": .integer(Int64($0.utf8.first ?? 0)), "name": .string($0)] }))
      maybe("free", .object(JSONObject(names().map { ($0, ["deep": number()]) })))
      maybe("either", number())
      return .object(object)
    }
    for _ in 0..<400 {
      var live: JSONObject?
      for _ in 0..<5 {
        var configuration = try Playground.object("{}")
        configuration["spec"] = spec()
        let name = ["one", "two", "three"].randomElement(using: &generator) ?? ""
        if Bool.random(using: &generator), let before = live {
          var changed = before
          changed["spec"] = spec()
          live = await playground.manager.update(changed, from: before, by: name, at: Playground.time)
          continue
        }
        let first = playground.stored(
          try await playground.manager.apply(configuration, to: live, by: name, force: true, at: Playground.time))
        let second = try await playground.manager.apply(configuration, to: first, by: name, at: Playground.later)
        #expect(second.text == first.text)
        // Whatever is applied is there.
        let fields = try FieldSet(of: .object(configuration), playground.type)
        #expect(
          fields.difference(FieldSet(of: .object(first), try playground.type).withNamedFields(try playground.type))
            .isEmpty)
        live = first
      }
    }
  }
}

extension Playground {
  fileprivate var type: MergeType {
    get throws { MergeType(try customSchema(Self.schema)) }
  }
}
