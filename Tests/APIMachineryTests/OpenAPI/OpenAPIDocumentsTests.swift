import Protobuf
import Testing

@testable import APIMachinery

@Suite("OpenAPI documents")
struct OpenAPIDocumentsTests {
  private static let meta = "io.k8s.apimachinery.pkg.apis.meta.v1."

  /// The sample kinds, with what every API has.
  private static func registry() throws -> SchemaRegistry {
    let reader = SchemaReader(.document)
    let texts = [
      meta + "ListMeta": #"{"type": "object", "properties": {"continue": {"type": "string"}}}"#,
      meta + "DeleteOptions":
        #"{"type": "object", "properties": {"dryRun": {"type": "array", "items": {"type": "string"}}}}"#,
      meta + "Status": #"{"type": "object", "properties": {"code": {"type": "integer", "format": "int32"}}}"#,
      meta + "Patch": #"{"type": "object"}"#, meta + "APIResourceList": #"{"type": "object"}"#,
      "io.k8s.api.apps.v1.DeploymentList":
        ##"{"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": {"$ref": "#/definitions/io.k8s.api.apps.v1.Deployment"}}, "metadata": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta"}}}"##,
      "io.k8s.api.core.v1.PodList":
        ##"{"type": "object", "properties": {"items": {"type": "array", "items": {"$ref": "#/definitions/io.k8s.api.core.v1.Pod"}}}}"##,
      "io.k8s.api.autoscaling.v1.Scale": #"{"type": "object", "properties": {"spec": {"type": "object"}}}"#,
    ]
    var definitions: [String: Schema] = [:]
    for (name, text) in texts { definitions[name] = try reader.schema(parse(text)) }
    return try SchemaRegistry(definitions, base: SampleDefinitions.registry())
  }

  private static func documents() throws -> OpenAPIDocuments {
    let registry = try registry()
    func schema(_ name: String) throws -> Schema { try #require(registry[name]) }
    func kind(_ group: String, _ name: String, _ definition: String) throws -> KindDescription {
      KindDescription(
        GroupVersionKind(group: group, version: "v1", kind: name), definitionName: definition,
        schema: registry[definition] ?? Schema(.object))
    }
    let deployment = "io.k8s.api.apps.v1.Deployment"
    let pod = "io.k8s.api.core.v1.Pod"
    let deployments = ResourceDescription(
      group: "apps", plural: "deployments", singular: "deployment", kind: "Deployment", isNamespaced: true,
      versions: [
        ResourceVersion(
          name: "v1", definitionName: deployment, schema: try schema(deployment),
          subresources: [
            Subresource(
              name: "status", kind: try kind("apps", "Deployment", deployment), verbs: [.get, .patch, .update],
              behaviour: .status),
            Subresource(
              name: "scale", kind: try kind("autoscaling", "Scale", "io.k8s.api.autoscaling.v1.Scale"),
              verbs: [.get, .patch, .update],
              behaviour: .scale(ScalePaths(specReplicas: ".spec.replicas", statusReplicas: ".status.replicas"))),
          ])
      ])
    let pods = ResourceDescription(
      group: "", plural: "pods", singular: "pod", kind: "Pod", isNamespaced: true,
      versions: [
        ResourceVersion(
          name: "v1", definitionName: pod, schema: try schema(pod),
          subresources: [
            Subresource(
              name: "exec", kind: try kind("", "PodExecOptions", "none"), verbs: [.create, .get],
              behaviour: .connect(methods: ["GET", "POST"])),
            Subresource(
              name: "proxy", kind: try kind("", "PodProxyOptions", "none"), verbs: [.get],
              behaviour: .connect(methods: ["GET"])),
            Subresource(
              name: "log", kind: try kind("", "Pod", pod), verbs: [.get], behaviour: .connect(methods: ["GET"])),
          ])
      ])
    let custom = ResourceDescription(
      group: "stable.example.com", plural: "crontabs", singular: "crontab", kind: "CronTab", isNamespaced: false,
      isCustom: true,
      versions: [
        ResourceVersion(
          name: "v1", definitionName: "com.example.stable.v1.CronTab",
          schema: try customSchema(
            #"""
            {"description": "A timetable.", "type": "object", "required": ["spec"], "properties": {
              "metadata": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 9}}},
              "spec": {"type": "object", "properties": {"port": {"x-kubernetes-int-or-string": true},
                "maybe": {"type": "string", "nullable": true, "default": "x"},
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                "pod": {"type": "object", "x-kubernetes-embedded-resource": true, "properties": {"spec": {"type": "object"}}},
                "either": {"type": "integer", "anyOf": [{"minimum": 5}, {"maximum": 1}]}}}}}
            """#),
          selectableFields: [".spec.port"])
      ])
    return OpenAPIDocuments(registry, resources: [pods, deployments, custom], serverVersion: "v1.36.0")
  }

  @Test("paths, operations and their names are those of upstream")
  func operations() throws {
    let documents = try Self.documents()
    #expect(documents.groupVersions.map(\.apiVersion) == ["v1", "apps/v1", "stable.example.com/v1"])
    var found: [String] = []
    for groupVersion in documents.groupVersions {
      let paths = try #require(documents.version3(groupVersion)?["paths"]?.objectValue)
      for (path, item) in paths {
        for (method, operation) in item.objectValue ?? [:] where method != "parameters" {
          let action = operation["x-kubernetes-action"]?.stringValue ?? "-"
          let kind = operation["x-kubernetes-group-version-kind"]?["kind"]?.stringValue ?? "-"
          found.append("\(method) \(path) \(operation["operationId"]?.stringValue ?? "") \(action) \(kind)")
        }
      }
    }
    let expected = [
      "get /api/v1/ getCoreV1APIResources - -",
      "get /api/v1/namespaces/{namespace}/pods listCoreV1NamespacedPod list Pod",
      "post /api/v1/namespaces/{namespace}/pods createCoreV1NamespacedPod post Pod",
      "delete /api/v1/namespaces/{namespace}/pods deleteCoreV1CollectionNamespacedPod deletecollection Pod",
      "get /api/v1/namespaces/{namespace}/pods/{name} readCoreV1NamespacedPod get Pod",
      "put /api/v1/namespaces/{namespace}/pods/{name} replaceCoreV1NamespacedPod put Pod",
      "patch /api/v1/namespaces/{namespace}/pods/{name} patchCoreV1NamespacedPod patch Pod",
      "delete /api/v1/namespaces/{namespace}/pods/{name} deleteCoreV1NamespacedPod delete Pod",
      "get /api/v1/namespaces/{namespace}/pods/{name}/exec connectCoreV1GetNamespacedPodExec connect PodExecOptions",
      "post /api/v1/namespaces/{namespace}/pods/{name}/exec connectCoreV1PostNamespacedPodExec connect PodExecOptions",
      "get /api/v1/namespaces/{namespace}/pods/{name}/log readCoreV1NamespacedPodLog get Pod",
      "get /api/v1/namespaces/{namespace}/pods/{name}/proxy connectCoreV1GetNamespacedPodProxy connect PodProxyOptions",
      "get /api/v1/namespaces/{namespace}/pods/{name}/proxy/{path} connectCoreV1GetNamespacedPodProxyWithPath connect PodProxyOptions",
      "get /api/v1/pods listCoreV1PodForAllNamespaces list Pod",
      "get /apis/apps/v1/ getAppsV1APIResources - -",
      "get /apis/apps/v1/deployments listAppsV1DeploymentForAllNamespaces list Deployment",
      "get /apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale readAppsV1NamespacedDeploymentScale get Scale",
      "put /apis/apps/v1/namespaces/{namespace}/deployments/{name}/status replaceAppsV1NamespacedDeploymentStatus put Deployment",
      "get /apis/stable.example.com/v1/crontabs listStableExampleComV1CronTab list CronTab",
      "patch /apis/stable.example.com/v1/crontabs/{name} patchStableExampleComV1CronTab patch CronTab",
    ]
    for line in expected { #expect(found.contains(line), "\(line)") }
    #expect(Set(found).count == found.count)
  }

  @Test("a patch takes what kubectl looks for")
  func patch() throws {
    let document = try #require(Self.documents().version3(GroupVersion(group: "apps", version: "v1")))
    let item = document[path: "paths", "/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]
    let patch = item?["patch"]
    let names = patch?["parameters"]?.arrayValue?.compactMap { $0["name"]?.stringValue }
    #expect(names == ["dryRun", "fieldManager", "fieldValidation", "force"])
    #expect(item?["parameters"]?.arrayValue?.compactMap { $0["name"]?.stringValue } == ["name", "namespace", "pretty"])
    #expect(
      patch?["requestBody"]?["content"]?.objectValue?.keys == [
        "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json",
        "application/apply-patch+yaml",
      ])
    #expect(patch?["responses"]?.objectValue?.keys == ["200", "201", "401"])
    #expect(patch?["tags"] == ["apps_v1"])
    #expect(
      try patch?["x-kubernetes-group-version-kind"]
        == parse(#"{"group": "apps", "version": "v1", "kind": "Deployment"}"#))
  }

  @Test("a document holds what its operations refer to, and no more")
  func closure() throws {
    let documents = try Self.documents()
    for groupVersion in documents.groupVersions {
      let document = try #require(documents.version3(groupVersion))
      let schemas = try #require(document["components"]?["schemas"]?.objectValue)
      var referred = Set<String>()
      Self.collect(document, into: &referred)
      #expect(referred == Set(schemas.keys), "\(groupVersion)")
    }
    let apps = try #require(
      documents.version3(GroupVersion(group: "apps", version: "v1"))?["components"]?["schemas"]?.objectValue)
    #expect(apps["io.k8s.api.core.v1.Container"] != nil)
    #expect(apps["io.k8s.api.core.v1.Service"] == nil)
    #expect(
      try apps["io.k8s.api.apps.v1.DeploymentList"]?["x-kubernetes-group-version-kind"]
        == parse(#"[{"group": "apps", "version": "v1", "kind": "DeploymentList"}]"#))
    #expect(apps[Self.meta + "DeleteOptions"]?["x-kubernetes-group-version-kind"]?.arrayValue?.count == 2)
    #expect(documents.version3(GroupVersion(group: "none", version: "v1")) == nil)
  }

  private static func collect(_ value: JSONValue, into names: inout Set<String>) {
    switch value {
    case .array(let items): for item in items { collect(item, into: &names) }
    case .object(let object):
      for (name, member) in object {
        if name == "$ref", case .string(let text) = member {
          names.insert(text.split(separator: "/").last.map(String.init) ?? "")
        } else {
          collect(member, into: &names)
        }
      }
    default: return
    }
  }

  @Test("custom kinds come with their metadata; version 2 says less of them")
  func customKinds() throws {
    let documents = try Self.documents()
    let name = "com.example.stable.v1.CronTab"
    let custom = GroupVersion(group: "stable.example.com", version: "v1")
    let third = try #require(documents.version3(custom)?["components"]?["schemas"]?[name])
    #expect(third["properties"]?.objectValue?.keys == ["apiVersion", "kind", "metadata", "spec"])
    #expect(
      third[path: "properties", "metadata", "allOf"]
        == [["$ref": .string("#/components/schemas/\(Self.meta)ObjectMeta")]])
    #expect(third[path: "properties", "spec", "properties", "port"] == ["x-kubernetes-int-or-string": true])
    #expect(third[path: "properties", "spec", "properties", "maybe", "nullable"] == true)
    #expect(third[path: "properties", "spec", "properties", "pod", "required"] == ["kind", "apiVersion"])
    #expect(third["x-kubernetes-selectable-fields"] == [["fieldPath": "spec.port"]])
    #expect(
      try third["x-kubernetes-group-version-kind"]
        == parse(#"[{"group": "stable.example.com", "version": "v1", "kind": "CronTab"}]"#))

    let document = documents.version2()
    #expect(document["swagger"] == "2.0")
    let second = try #require(document["definitions"]?[name])
    #expect(second[path: "properties", "spec", "properties", "maybe"] == [:])
    #expect(second[path: "properties", "spec", "properties", "free"] == ["x-kubernetes-preserve-unknown-fields": true])
    #expect(second[path: "properties", "spec", "properties", "either"] == ["type": "integer"])
    let list = try #require(document["definitions"]?[name + "List"])
    #expect(list[path: "properties", "items", "items"] == ["$ref": .string("#/definitions/\(name)")])
    let put = document[path: "paths", "/apis/stable.example.com/v1/crontabs/{name}", "put"]
    #expect(put?["consumes"] == ["application/json", "application/yaml"])
    let body = put?["parameters"]?.arrayValue?.last
    #expect(
      body == ["name": "body", "in": "body", "schema": ["$ref": .string("#/definitions/\(name)")], "required": true])
    var referred = Set<String>()
    Self.collect(document, into: &referred)
    #expect(referred == Set(document["definitions"]?.objectValue?.keys ?? []))
    #expect(!document.jsonText().contains(#""default":"#))
    var protobuf = OpenAPIProtobuf(OpenAPIProtobuf.version2)
    #expect(protobuf.message(document, .document).bytes.count > 1000)
    #expect(protobuf.unplaced.isEmpty)
  }

  @Test("where the documents are")
  func index() throws {
    #expect(OpenAPIDocuments.path(GroupVersion(group: "", version: "v1")) == "api/v1")
    #expect(
      try OpenAPIDocuments.index([("apis/apps/v1", "B"), ("api/v1", "A")])
        == parse(
          #"""
          {"paths": {"api/v1": {"serverRelativeURL": "/openapi/v3/api/v1?hash=A"},
            "apis/apps/v1": {"serverRelativeURL": "/openapi/v3/apis/apps/v1?hash=B"}}}
          """#))
  }

  @Test(
    "names",
    arguments: [
      ("rbac.authorization.k8s.io", "v1", "listRbacAuthorizationV1ClusterRole", "rbacAuthorization_v1"),
      ("", "v1", "listCoreV1ClusterRole", "core_v1"),
      (
        "flowcontrol.apiserver.k8s.io", "v1beta3", "listFlowcontrolApiserverV1beta3ClusterRole",
        "flowcontrolApiserver_v1beta3"
      ),
      ("my-group.example.com", "v1", "listMyGroupExampleComV1ClusterRole", "myGroupExampleCom_v1"),
    ])
  func names(group: String, version: String, id: String, tag: String) {
    let groupVersion = GroupVersion(group: group, version: version)
    #expect(OpenAPINames.operation("list", "ClusterRole", in: groupVersion) == id)
    #expect(OpenAPINames.tag(groupVersion) == tag)
  }
}
