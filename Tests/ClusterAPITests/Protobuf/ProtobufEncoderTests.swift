import APIMachinery
import Testing

@testable import ClusterAPI

@Suite struct ProtobufEncoderTests {
  private static let meta = "io.k8s.apimachinery.pkg.apis.meta.v1."

  private func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private func encode(_ object: JSONObject, _ definition: String) throws -> [UInt8] {
    try ProtobufEncoder().bytes(of: object, definitionName: definition)
  }

  private func decode(_ bytes: [UInt8], _ definition: String) throws -> JSONObject {
    let decoder = ProtobufDecoder(bytes)
    return try decoder.object(try decoder.envelope(), definitionName: definition)
  }

  // MARK: bytes

  /// Every byte by hand: magic, TypeMeta, the object, and two empty words about its encoding.
  @Test func aConfigMapByteForByte() throws {
    let object: JSONObject = [
      "kind": "ConfigMap", "apiVersion": "v1",
      "metadata": ["name": "one", "creationTimestamp": "1970-01-01T00:02:30Z", "labels": ["z": "2", "a": "1"]],
      "data": ["k": "v"], "binaryData": ["b": "AP8="], "immutable": false,
    ]
    let expected = """
      6b387300 0a0f 0a02 7631 1209 436f6e6669674d6170 1231
      0a1c 0a03 6f6e65 4205 089601 1000 5a06 0a017a 120132 5a06 0a0161 120131
      1206 0a016b 120176 1a07 0a0162 1202 00ff 2000
      1a00 2200
      """
    #expect(hexadecimal(try encode(object, "io.k8s.api.core.v1.ConfigMap")) == Self.packed(expected))
  }

  private static func packed(_ text: String) -> String { text.filter { $0 != " " && $0 != "\n" } }

  @Test func typesThatAreWrittenInTheirOwnWay() throws {
    let service: JSONObject = [
      "kind": "Service", "apiVersion": "v1",
      "spec": ["ports": [["port": 80, "targetPort": "web"], ["port": 81, "targetPort": -1]]],
    ]
    let ports = Self.packed(
      """
      0a0d 1850 2209 0801 1000 1a03 776562
      0a13 1851 220f 0800 10ffffffffffffffffff01 1a00
      """)
    let written = hexadecimal(try encode(service, "io.k8s.api.core.v1.Service"))
    #expect(written.contains(ports))
    let quota: JSONObject = ["spec": ["hard": ["pods": 5, "cpu": "100m"]]]
    let hard = Self.packed("0a0b 0a04 706f6473 1203 0a01 35 0a0d 0a03 637075 1206 0a04 3130306d")
    let quotaWritten = hexadecimal(try encode(quota, "io.k8s.api.core.v1.ResourceQuota"))
    #expect(quotaWritten.contains(hard))
  }

  /// Messages of which the length takes more than one byte.
  @Test(arguments: [0, 1, 100, 127, 128, 129, 16_383, 16_384, 300_000]) func lengths(_ count: Int) throws {
    let object: JSONObject = [
      "kind": "ConfigMap", "apiVersion": "v1", "metadata": ["name": "one"],
      "data": ["a": .string(String(repeating: "x", count: count)), "b": "y"],
    ]
    #expect(try decode(encode(object, "io.k8s.api.core.v1.ConfigMap"), "io.k8s.api.core.v1.ConfigMap") == object)
  }

  @Test func aFrameOfAWatch() throws {
    let object = try encode(
      ["kind": "ConfigMap", "apiVersion": "v1", "metadata": ["name": "one"]], "io.k8s.api.core.v1.ConfigMap")
    let frame = ProtobufEncoder.watchFrame(type: "ADDED", object)
    let count = object.count
    #expect(Array(frame[..<4]) == [0, 0, 0, UInt8(frame.count - 4)])
    #expect(
      hexadecimal(Array(frame[4...])).hasPrefix(
        "0a05" + "4144444544" + "12" + hexadecimal([UInt8(count + 2)]) + "0a" + hexadecimal([UInt8(count)]) + "6b387300"
      ))
    #expect(Array(frame.suffix(count)) == object)
  }

  /// Members may come in any order, and names and texts with escapes.
  @Test func theOrderOfMembersDoesNotMatter() throws {
    let texts = [
      #"{"metadata":{"name":"one","labels":{"a":"1","b":"2"}},"data":{"k":"v"},"immutable":true}"#,
      #"{"immutable":true,"metadata":{"labels":{"b":"2","a":"1"},"name":"one"},"data":{"k":"v"}}"#,
      #"{"data":{"k":"v"},"immutable":true,"metadata":{"labels":{"\u0062":"2","a":"1"},"name":"o\u006ee"}}"#,
    ]
    let definition = "io.k8s.api.core.v1.ConfigMap"
    let read = try texts.map { text in
      try decode(
        ProtobufEncoder().bytes(
          ofJSON: Array(text.utf8), apiVersion: "v1", kind: "ConfigMap", definitionName: definition), definition)
    }
    #expect(read[1] == read[0] && read[2] == read[0])
    #expect(read[0]["metadata"] == ["name": "one", "labels": ["a": "1", "b": "2"]])
  }

  /// Parts of a volume stand among its own members; a part that is not there is no message.
  @Test func partsWithinTheirObject() throws {
    let pod = #"{"spec":{"volumes":[{"emptyDir":{},"name":"v"}],"containers":[]}}"#
    let written = try hexadecimal(
      ProtobufEncoder().bytes(
        ofJSON: Array(pod.utf8), apiVersion: "v1", kind: "Pod", definitionName: "io.k8s.api.core.v1.Pod"))
    #expect(written.contains(Self.packed("1209 0a07 0a0176 1202 1200")))
  }

  // MARK: round trips

  @Test func aList() throws {
    let pods: [JSONObject] = (0..<300).map { number in
      [
        "metadata": ["name": .string("p\(number)"), "resourceVersion": .string(String(number + 1))],
        "spec": ["nodeName": "n", "containers": [["name": "c", "image": "i"]]],
      ]
    }
    let list = try ProtobufList(
      kind: "PodList", apiVersion: "v1", definitionName: "io.k8s.api.core.v1.PodList",
      metadata: ["resourceVersion": "77", "continue": "x", "remainingItemCount": 3])
    let items = try pods.flatMap { pod in
      var full = pod
      full["kind"] = "Pod"
      full["apiVersion"] = "v1"
      return try list.item(json: JSONValue.object(full).jsonBytes())
    }
    let bytes = list.head(itemBytes: items.count) + items + ProtobufList.tail
    let object = try decode(bytes, "io.k8s.api.core.v1.PodList")
    #expect(object["kind"] == "PodList" && object["apiVersion"] == "v1")
    #expect(object["metadata"] == ["resourceVersion": "77", "continue": "x", "remainingItemCount": 3])
    #expect(object["items"]?.arrayValue?.map(\.objectValue) == pods)
    #expect(throws: ProtobufError.self) {
      try ProtobufList(
        kind: "Pod", apiVersion: "v1", definitionName: "io.k8s.api.core.v1.Pod", metadata: [:])
    }
  }

  /// An object with something in every field of every kind comes back as it was; each kind of a part is tried by itself.
  @Test func everyFieldComesBack() throws {
    var count = 0
    for name in ProtobufMessages.builtin.names
    where !name.contains(".runtime.") && ProtobufSpecialTypes.reader(of: name) == nil && !name.hasSuffix(".WatchEvent")
    {
      guard var object = Self.sample(name, 0).objectValue, !object.isEmpty else { continue }
      let hasKind = object["kind"] != nil || object["apiVersion"] != nil
      if !hasKind {
        object["kind"] = "Some"
        object["apiVersion"] = "example.com/v1"
      }
      var found = try decode(try encode(object, name), name)
      if hasKind { for member in ["kind", "apiVersion"] where object[member] == nil { found.remove(member) } }
      #expect(found == object, "\(name)")
      count += 1
    }
    #expect(count > 500)
  }

  private static func sample(_ name: String, _ depth: Int) -> JSONValue {
    let extensions = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1."
    switch name {
    case meta + "Time": return "2026-01-02T03:04:05Z"
    case meta + "MicroTime": return "2026-01-02T03:04:05.000123Z"
    case meta + "Duration": return "1h2m3.5s"
    case meta + "FieldsV1": return ["f:spec": ["f:a": [:]]]
    case extensions + "JSON": return ["a": [1, "b", .null]]
    case "io.k8s.apimachinery.pkg.runtime.RawExtension": return ["kind": "Some", "n": 1.5]
    case "io.k8s.apimachinery.pkg.api.resource.Quantity": return "1500m"
    case "io.k8s.apimachinery.pkg.util.intstr.IntOrString": return depth % 2 == 0 ? 8080 : "25%"
    case extensions + "JSONSchemaPropsOrArray":
      return depth % 2 == 0 ? sample(extensions + "JSONSchemaProps", depth + 1) : [["type": "string"], ["type": "x"]]
    case extensions + "JSONSchemaPropsOrBool":
      return depth % 2 == 0 ? true : sample(extensions + "JSONSchemaProps", depth + 1)
    case extensions + "JSONSchemaPropsOrStringArray": return ["a", "b"]
    case _ where name.hasSuffix(".ExtraValue") || name == meta + "Verbs": return ["x", "y"]
    default: break
    }
    var object = JSONObject()
    for field in ProtobufMessages.builtin[name]?.fields ?? [] {
      var inner: ProtobufMessages.Layout?
      if case .message(let reference) = field.element { inner = ProtobufMessages.builtin[reference] }
      if depth > 1, let inner, field.shape != .single || inner.reader == nil { continue }
      guard depth < 8 else { continue }
      guard let member = field.name else {
        for (member, value) in sample(inner?.name ?? "", depth + 1).objectValue ?? [:] { object[member] = value }
        continue
      }
      object[member] = sample(field, depth)
    }
    return .object(object)
  }

  private static func sample(_ field: ProtobufMessages.Field, _ depth: Int) -> JSONValue {
    let value: JSONValue =
      switch field.element {
      case .string: "text"
      case .bytes: "AAEC/w=="
      case .integer: depth % 2 == 0 ? 7 : -7
      case .boolean: true
      case .double: .double(-1.5)
      case .message(let reference): sample(ProtobufMessages.builtin[reference].name, depth + 1)
      }
    return switch field.shape {
    case .single: value
    case .list: [value, value]
    case .map: ["k": value, "l": value]
    }
  }

  /// A list in a map may be null, as clients send it that have nothing to put in it.
  @Test func listsThatAreNull() throws {
    let review = "io.k8s.api.authorization.v1.SubjectAccessReview"
    let bytes = try encode(["spec": ["user": "u", "extra": ["scopes": .null, "roles": ["a"]]]], review)
    #expect(try decode(bytes, review)["spec"]?["extra"]?["roles"] == ["a"])
    #expect(try decode(bytes, review)["spec"]?["extra"]?["scopes"] != nil)
  }

  // MARK: what has no form

  @Test func whatDoesNotFitIsRefused() {
    let deployment = "io.k8s.api.apps.v1.Deployment"
    let error = #expect(throws: ProtobufError.self) {
      try encode(["spec": ["template": ["spec": ["containers": [["name": 5]]]]]], deployment)
    }
    #expect(error?.code == .mismatch)
    #expect(error?.message.hasPrefix("spec.template.spec.containers.name") == true)
    #expect(throws: ProtobufError.self) { try encode(["spec": ["replicas": "many"]], deployment) }
    #expect(throws: ProtobufError.self) { try encode(["metadata": ["creationTimestamp": "today"]], deployment) }
    #expect(throws: ProtobufError.self) { try encode(["data": ["a": "?"]], "io.k8s.api.core.v1.Secret") }
    #expect(throws: ProtobufError.self) { try encode([:], "no.such.Kind") }
  }

  /// Every list of a built-in kind has a layout, and every field of a stored kind has a place.
  @Test func everythingThatIsServedHasAForm() throws {
    let kinds = try BuiltinKinds.load()
    var seen = Set<String>()
    var missing: [String] = []
    for resource in kinds.resources {
      for version in resource.versions {
        if version.verbs.contains(.list) {
          let list = String(version.definitionName.dropLast(resource.kind.count)) + resource.listKind
          if !ProtobufMessages.builtin.has(list) { missing.append(list) }
        }
        Self.visit(version.definitionName, kinds.registry, &seen, &missing)
      }
    }
    #expect(missing == [])
    #expect(seen.count > 300)
  }

  private static func visit(
    _ name: String, _ registry: SchemaRegistry, _ seen: inout Set<String>, _ missing: inout [String]
  ) {
    guard seen.insert(name).inserted, let schema = registry[name], !schema.properties.isEmpty,
      ProtobufWriter.special(of: name) == nil
    else { return }
    var members = Set(["kind", "apiVersion"])
    collect(name, &members)
    for property in schema.properties {
      if !members.contains(property.name) { missing.append("\(name).\(property.name)") }
    }
    var nodes = [schema]
    while let node = nodes.popLast() {
      if let reference = node.reference { visit(reference.name, registry, &seen, &missing) }
      nodes += node.children
    }
  }

  /// The members of a message, and of those that stand in the same object.
  private static func collect(_ name: String, _ members: inout Set<String>) {
    for field in ProtobufMessages.builtin[name]?.fields ?? [] {
      if let member = field.name { members.insert(member) }
      if field.name == nil, case .message(let inner) = field.element {
        collect(ProtobufMessages.builtin[inner].name, &members)
      }
    }
  }

  @Test(arguments: [
    ("0s", 0), ("1h2m3.5s", 3_723_500_000_000), ("-1.5h", -5_400_000_000_000), ("10us", 10_000), ("1µs", 1_000),
    ("100ns", 100), ("0", 0), (".5s", 500_000_000),
  ])
  func durations(_ text: String, _ nanoseconds: Int64) {
    #expect(GoDuration.nanoseconds(text) == nanoseconds)
    for wrong in ["", "5", "x", "1x", "-", ".s", "9999999999h", text + " "] where wrong != text {
      #expect(GoDuration.nanoseconds(wrong) == nil, "\(wrong)")
    }
  }
}
