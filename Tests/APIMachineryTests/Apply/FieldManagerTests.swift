import Testing

@testable import APIMachinery

@Suite("Field managers")
struct FieldManagerTests {
  private static let time = "2024-01-01T00:00:00Z"
  private static let later = "2024-01-01T01:00:00Z"

  private func owned(_ object: JSONObject) -> [String: JSONValue] {
    var result: [String: JSONValue] = [:]
    for entry in object["metadata"]?["managedFields"]?.arrayValue ?? [] {
      result[entry["manager"]?.stringValue ?? ""] = entry["fieldsV1"]
    }
    return result
  }

  @Test("a Deployment as kubectl creates it is noted as upstream notes it")
  func deployment() async throws {
    let kind = GroupVersionKind(group: "apps", version: "v1", kind: "Deployment")
    let empty = try #require(
      parse(#"{"metadata": {}, "spec": {"strategy": {}, "template": {"metadata": {}, "spec": {}}}, "status": {}}"#)
        .objectValue)
    let manager = FieldManager(
      kind, versions: ObjectVersions([kind.groupVersion: try SampleDefinitions.deployment()]),
      resetFields: [kind.groupVersion: FieldSet(names: [["status"]])], emptyObject: empty)
    let object = try #require(
      parse(
        #"""
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "labels": {"app": "web"}},
         "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}},
           "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
           "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"restartPolicy": "Always",
             "containers": [{"name": "web", "image": "nginx", "resources": {}, "imagePullPolicy": "Always",
               "ports": [{"containerPort": 80, "protocol": "TCP"}]}]}}}, "status": {}}
        """#
      ).objectValue)
    let created = await manager.update(object, from: nil, by: "kubectl-create", at: Self.time)
    // The list itself has come into being too.
    let containers = owned(created)["kubectl-create"]?[path: "f:spec", "f:template", "f:spec", "f:containers"]
    #expect(containers?["."] == [:])
    #expect(containers?.objectValue?.count == 2)
    #expect(owned(created)["kubectl-create"]?["f:spec"]?["."] == nil)
    #expect(owned(created)["kubectl-create"]?[path: "f:spec", "f:selector"] == [:])
    #expect(owned(created)["kubectl-create"]?[path: "f:spec", "f:strategy", "."] == nil)
    #expect(owned(created)["kubectl-create"]?[path: "f:spec", "f:strategy", "f:rollingUpdate", "."] == [:])
    // With the list there from the start it belongs to nobody, as upstream has it.
    var withList = empty
    withList["spec"] = ["strategy": [:], "template": ["metadata": [:], "spec": ["containers": .null]]]
    let exact = await FieldManager(
      kind, versions: ObjectVersions([kind.groupVersion: try SampleDefinitions.deployment()]), emptyObject: withList
    ).update(object, from: nil, by: "kubectl-create", at: Self.time)
    #expect(
      try owned(exact)["kubectl-create"]
        == parse(
          #"""
          {"f:metadata": {"f:labels": {".": {}, "f:app": {}}},
           "f:spec": {"f:replicas": {}, "f:selector": {},
             "f:strategy": {"f:rollingUpdate": {".": {}, "f:maxSurge": {}, "f:maxUnavailable": {}}, "f:type": {}},
             "f:template": {"f:metadata": {"f:labels": {".": {}, "f:app": {}}},
               "f:spec": {"f:containers": {"k:{\"name\":\"web\"}": {".": {}, "f:image": {}, "f:imagePullPolicy": {},
                 "f:name": {}, "f:ports": {".": {},
                   "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}, "f:protocol": {}}},
                 "f:resources": {}}}, "f:restartPolicy": {}}}}}
          """#))
  }

  // MARK: Versions

  private static func versioned(_ version: String, _ field: String) throws -> (GroupVersion, Schema) {
    let schema = try customSchema(
      #"{"type": "object", "properties": {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object", "properties": {"name": {"type": "string"}, "uid": {"type": "string"}}}, "spec": {"type": "object", "properties": {"same": {"type": "integer"}, ""#
        + field + #"": {"type": "integer"}}}}}"#)
    return (GroupVersion(group: "example.com", version: version), schema)
  }

  /// A kind whose field `old` became `new` in `v2`.
  private func manager(_ version: String, of versions: [String] = ["v1", "v2"]) throws -> FieldManager {
    var schemas: [GroupVersion: Schema] = [:]
    for name in versions {
      let (version, schema) = try Self.versioned(name, name == "v1" ? "old" : "new")
      schemas[version] = schema
    }
    let known = schemas
    return FieldManager(
      GroupVersionKind(group: "example.com", version: version, kind: "Thing"),
      versions: ObjectVersions(schemas) { object, target in
        guard known[target] != nil else { return nil }
        var object = object
        let (from, to) = target.version == "v1" ? ("new", "old") : ("old", "new")
        object["apiVersion"] = .string(target.apiVersion)
        object.update("spec") { spec in
          guard case .object(var members) = spec, let value = members.remove(from) else { return }
          members[to] = value
          spec = .object(members)
        }
        return object
      })
  }

  private func thing(_ version: String, _ spec: JSONValue) -> JSONObject {
    [
      "apiVersion": .string("example.com/\(version)"), "kind": "Thing", "metadata": ["name": "a", "uid": "1"],
      "spec": spec,
    ]
  }

  /// A built-in kind: names of items that are missing are empty ones, and what is made has to fit Go's types.
  @Test("a built-in kind's items have Go's zero values for keys, and its values Go's types")
  func builtin() async throws {
    let entry = Schema(
      .object,
      properties: [
        SchemaProperty("name", Schema(.string, hasZeroValue: true), required: true),
        SchemaProperty("port", Schema(.integer, hasZeroValue: true, format: "int32"), required: true),
        SchemaProperty("value", Schema(.integer, format: "int32")),
      ])
    let schema = Schema(
      .object,
      properties: Schema.typeMembers + [
        SchemaProperty("metadata", Schema(.object, properties: [SchemaProperty("name", Schema(.string))])),
        SchemaProperty("list", Schema(.array, items: entry, listType: .map, listMapKeys: ["name", "port"])),
      ])
    let manager = FieldManager(
      GroupVersionKind(group: "example.com", version: "v1", kind: "Thing"),
      versions: ObjectVersions([GroupVersion(group: "example.com", version: "v1"): schema]),
      definitionName: "com.example.v1.Thing")
    func applied(_ list: JSONValue) async throws(ApplyError) -> JSONObject {
      try await manager.apply(
        ["apiVersion": "example.com/v1", "kind": "Thing", "metadata": ["name": "a"], "list": list], to: nil, by: "one",
        at: Self.time)
    }
    let owned = try await applied([["value": 1], ["name": "b", "value": 2]])["metadata"]?["managedFields"]
    let fields = owned?.arrayValue?.first?["fieldsV1"]?["f:list"]?.objectValue
    #expect(fields?.keys.sorted() == [#"k:{"name":"","port":0}"#, #"k:{"name":"b","port":0}"#])
    // A null takes a value away, and is owned.
    let emptied = try await applied([["name": "b", "value": .null]])
    let left: JSONValue = [["name": "b"]]
    #expect(emptied["list"] == left)
    let nulls = emptied["metadata"]?["managedFields"]?.arrayValue?.first?["fieldsV1"]?["f:list"]
    let item = nulls?[#"k:{"name":"b","port":0}"#]?.objectValue
    #expect(item?.keys.sorted() == [".", "f:name", "f:value"])
    await #expect {
      try await applied([["value": 1.5]])
    } throws: {
      ($0 as? ApplyError)?.message
        == "failed to convert new object (/a; example.com/v1, Kind=Thing) to proper version: unable to convert "
        + "unstructured object to example.com/v1, Kind=Thing: cannot convert float64 to int32"
    }
  }

  @Test("owners are followed through the versions in which they wrote")
  func versions() async throws {
    let first = try await manager("v1").apply(thing("v1", ["old": 1, "same": 1]), to: nil, by: "one", at: Self.time)
    let error = await #expect(throws: ApplyError.self) {
      try await manager("v2").apply(thing("v2", ["new": 2]), to: first, by: "two", at: Self.later)
    }
    #expect(error?.message == #"Apply failed with 1 conflict: conflict with "one": .spec.old"#)
    let forced = try await manager("v2").apply(
      thing("v2", ["new": 2]), to: first, by: "two", force: true, at: Self.later)
    #expect(forced["apiVersion"] == "example.com/v2")
    #expect(forced["spec"]?["new"] == 2)
    #expect(owned(forced)["one"] == ["f:spec": ["f:same": [:]]])
    #expect(owned(forced)["two"] == ["f:spec": ["f:new": [:]]])
    // The applier goes on in the other version: what it applied before is known there too.
    let moved = try await manager("v2").apply(thing("v2", ["same": 1]), to: first, by: "one", at: Self.later)
    #expect(moved["spec"] == ["same": 1])
    // Owners in a version that is no more are forgotten.
    let forgotten = try await manager("v2", of: ["v2"]).apply(
      thing("v2", ["new": 3]), to: thing("v2", ["new": 1]).merging(first), by: "two", at: Self.later)
    #expect(owned(forgotten).keys.sorted() == ["two"])
  }

  @Test("when a part gets one owner, who owned some of it owns all of it")
  func schemaChange() throws {
    let granular = try customSchema(
      #"{"type": "object", "properties": {"map": {"type": "object", "additionalProperties": {"type": "string"}}}}"#)
    let atomic = try customSchema(
      #"{"type": "object", "properties": {"map": {"type": "object", "x-kubernetes-map-type": "atomic", "additionalProperties": {"type": "string"}}}}"#
    )
    let set = FieldSet(names: [["map", "a"], ["map", "b"]])
    #expect(set.reconciled(with: MergeType(atomic)) == FieldSet(names: [["map"]]))
    #expect(set.reconciled(with: MergeType(granular)) == nil)
    #expect(FieldSet(names: [["map"]]).reconciled(with: MergeType(atomic)) == nil)
  }

  // MARK: Scale

  @Test("owners of a replica count are those of the Scale, and back")
  func scale() throws {
    let apps = GroupVersion(group: "apps", version: "v1")
    let ownership = ScaleOwnership(
      version: apps, paths: [apps: ["spec", "replicas"], GroupVersion(group: "apps", version: "v1beta1"): nil])
    let fields = try parse(
      #"""
      [{"manager": "one", "operation": "Apply", "apiVersion": "apps/v1", "time": "2024-01-01T00:00:00Z",
        "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {"f:replicas": {}, "f:paused": {}}}},
       {"manager": "old", "operation": "Update", "apiVersion": "extensions/v1beta1", "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": {"f:replicas": {}}}},
       {"manager": "two", "operation": "Update", "apiVersion": "apps/v1", "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": {"f:template": {}}}}]
      """#)
    let scale = try ownership.toScale(fields)
    #expect(
      try scale
        == parse(
          #"""
          [{"manager": "one", "operation": "Apply", "apiVersion": "autoscaling/v1", "time": "2024-01-01T00:00:00Z",
            "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {"f:replicas": {}}}}]
          """#))
    let unchanged = try ownership.toObject(fields, scale: scale)
    #expect(unchanged?.arrayValue?.compactMap { $0["manager"]?.stringValue } == ["one", "two"])
    let stolen = try ownership.toObject(
      fields,
      scale: parse(
        #"""
        [{"manager": "three", "operation": "Update", "apiVersion": "autoscaling/v1", "time": "2024-01-02T00:00:00Z",
          "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {"f:replicas": {}}}, "subresource": "scale"}]
        """#))
    #expect(
      try stolen
        == parse(
          #"""
          [{"manager": "one", "operation": "Apply", "apiVersion": "apps/v1", "time": "2024-01-01T00:00:00Z",
            "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {"f:paused": {}}}},
           {"manager": "three", "operation": "Update", "apiVersion": "apps/v1", "fieldsType": "FieldsV1",
            "fieldsV1": {"f:spec": {"f:replicas": {}}}, "subresource": "scale"},
           {"manager": "two", "operation": "Update", "apiVersion": "apps/v1", "fieldsType": "FieldsV1",
            "fieldsV1": {"f:spec": {"f:template": {}}}}]
          """#))
    #expect(try ScaleOwnership.withoutTimes(stolen) == stolen)
    let timed: JSONValue = [
      [
        "manager": "three", "operation": "Update", "apiVersion": "apps/v1", "time": "2024-01-02T00:00:00Z",
        "fieldsType": "FieldsV1", "fieldsV1": ["f:spec": ["f:replicas": [:]]], "subresource": "scale",
      ]
    ]
    #expect(try ScaleOwnership.withoutTimes(timed)?.arrayValue?.first?["time"] == nil)
  }

  // MARK: Names and entries

  @Test("names of managers")
  func names() {
    #expect(FieldManager.managerName(userAgent: "kubectl/v1.36.0 (linux/amd64)") == "kubectl")
    #expect(FieldManager.managerName(userAgent: "a\u{7}b/") == "ab")
    #expect(FieldManager.managerName(userAgent: "") == "")
    #expect(FieldManager.managerName(userAgent: String(repeating: "é", count: 100)).utf8.count == 128)
    let path = FieldPath("fieldManager")
    #expect(FieldManager.nameErrors("ok", at: path).isEmpty)
    #expect(
      FieldManager.nameErrors("é\n", at: path).map(\.description) == [
        #"fieldManager: Invalid value: "é\n": invalid character U+000A (at position 2)"#
      ])
    #expect(
      FieldManager.nameErrors(String(repeating: "a", count: 129), at: path).map(\.description) == [
        "fieldManager: Too long: may not be more than 128 bytes"
      ])
  }

  @Test("a write that only moves a time is none")
  func times() async throws {
    let before = try await manager("v1").apply(thing("v1", ["old": 1]), to: nil, by: "one", at: Self.time)
    var same = before
    same.update("metadata") { metadata in
      guard case .object(var members) = metadata, case .array(var entries)? = members["managedFields"],
        case .object(var entry) = entries[0]
      else { return }
      entry["time"] = .string(Self.later)
      entries[0] = .object(entry)
      members["managedFields"] = .array(entries)
      metadata = .object(members)
    }
    #expect(same != before)
    #expect(FieldManager.revertingTimes(of: same, to: before) == before)
    var changed = same
    changed["spec"] = ["old": 2]
    #expect(FieldManager.revertingTimes(of: changed, to: before) == changed)
  }

  @Test(
    "times in seconds",
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("2024-02-29T12:34:56Z", 1_709_210_096),
      ("2024-02-29T12:34:56.789+01:00", 1_709_206_496),
      ("1969-12-31T23:59:59Z", -1), ("2000-03-01T00:00:00-05:30", 951_888_600), (nil, 0), ("soon", 0),
    ] as [(String?, Int64)])
  func seconds(text: String?, expected: Int64) { #expect(GoTime.seconds(text) == expected) }
}

extension JSONObject {
  /// With the metadata of another object.
  fileprivate func merging(_ other: JSONObject) -> JSONObject {
    var result = self
    result["metadata"] = other["metadata"]
    return result
  }
}
