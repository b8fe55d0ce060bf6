/// OpenAPI documents of all that is served: one of version 3 for each group's version, and one of version 2 for all.
///
/// `kubectl explain` and clients that are made from them read types there, `kubectl apply` which parameters a server takes. They are
/// made of the same descriptions by which requests are served.
public struct OpenAPIDocuments: Sendable {
  private let resources: [ResourceDescription]
  private let definitions: OpenAPIDefinitions
  private let serverVersion: String

  /// - Parameters:
  ///   - registry: the definitions of built-in kinds and of the API's own types.
  ///   - serverVersion: what `/version` says: `v1.36.0`.
  public init(_ registry: SchemaRegistry, resources: [ResourceDescription], serverVersion: String) {
    self.resources = resources
    self.serverVersion = serverVersion
    definitions = OpenAPIDefinitions(registry, resources)
  }

  /// The groups' versions that there are documents of, in the order of the resources.
  public var groupVersions: [GroupVersion] {
    var seen = Set<GroupVersion>()
    return resources.flatMap { resource in
      resource.versions.filter(\.isServed).map { GroupVersion(group: resource.group, version: $0.name) }
    }.filter { seen.insert($0).inserted }
  }

  /// The part of the path under `/openapi/v3` at which a document is served: `api/v1`, `apis/apps/v1`.
  public static func path(_ groupVersion: GroupVersion) -> String {
    String(OpenAPIOperations.root(groupVersion).dropFirst())
  }

  /// What `/openapi/v3` says: where the documents are.
  ///
  /// - Parameter documents: for each path of ``path(_:)`` what tells this state of the document from others, such as a hash.
  public static func index(_ documents: [(path: String, hash: String)]) -> JSONValue {
    var paths = JSONObject()
    for (path, hash) in documents.sorted(by: { $0.path < $1.path }) {
      paths[path] = ["serverRelativeURL": .string("/openapi/v3/\(path)?hash=\(hash)")]
    }
    return ["paths": .object(paths)]
  }

  // MARK: Version 3

  /// The document of a group's version; nil where nothing of it is served.
  public func version3(_ groupVersion: GroupVersion) -> JSONValue? {
    let operations = operations(groupVersion)
    guard operations.count > 1 else { return nil }
    let names = operations.flatMap(Self.definitionNames)
    var schemas = JSONObject()
    for (name, schema) in definitions.closure(of: names) {
      schemas[name] = definitions.value(name, schema, .version3)
    }
    return [
      "openapi": "3.0.0", "info": info,
      "paths": .object(OpenAPIWriter(isVersion2: false).paths(operations)),
      "components": [
        "schemas": .object(schemas),
        "securitySchemes": ["BearerToken": Self.token],
      ],
    ]
  }

  private func operations(_ groupVersion: GroupVersion) -> [OpenAPIOperation] {
    var result = [discovery(groupVersion)]
    for resource in resources where resource.group == groupVersion.group {
      guard let version = resource.version(groupVersion.version), version.isServed else { continue }
      result += OpenAPIOperations(resource: resource, version: version).all
    }
    return result
  }

  private func discovery(_ groupVersion: GroupVersion) -> OpenAPIOperation {
    OpenAPIOperation(
      path: OpenAPIOperations.root(groupVersion) + "/", method: "get",
      id: OpenAPINames.operation("get", "APIResources", in: groupVersion), tag: OpenAPINames.tag(groupVersion),
      description: "Tells which resources there are.", action: nil, kind: nil, parameters: [], body: nil,
      response: .definition(OpenAPIOperations.resourceList), statuses: [200], produces: OpenAPIOperation.objectTypes)
  }

  private static func definitionNames(_ operation: OpenAPIOperation) -> [String] {
    [operation.response, operation.body?.payload].compactMap { payload in
      if case .definition(let name) = payload { name } else { nil }
    }
  }

  // MARK: Version 2

  /// The one document of all groups, as `/openapi/v2` serves it.
  public func version2() -> JSONValue {
    let operations = groupVersions.flatMap { self.operations($0) }
    var schemas = JSONObject()
    for (name, schema) in definitions.closure(of: operations.flatMap(Self.definitionNames)) {
      schemas[name] = definitions.value(name, schema, .version2)
    }
    return [
      "swagger": "2.0", "info": info, "paths": .object(OpenAPIWriter(isVersion2: true).paths(operations)),
      "definitions": .object(schemas), "securityDefinitions": ["BearerToken": Self.token],
      "security": [["BearerToken": []]],
    ]
  }

  /// The media type of ``protobuf(version2:)``.
  public static let protobufType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

  /// A document of version 2 in gnostic's form of protobuf, which clients written in Go ask for.
  public static func protobuf(version2 document: JSONValue) -> [UInt8] {
    OpenAPIProtobuf.bytes(of: document, OpenAPIProtobuf.version2)
  }

  /// The media type of ``protobuf(version3:)``.
  public static let protobufTypeOfVersion3 =
    "application/com.github.proto-openapi.spec.v3.v1.0+protobuf"

  /// A document of version 3 in gnostic's form of protobuf. Defaults that are objects or lists have no place in it.
  public static func protobuf(version3 document: JSONValue) -> [UInt8] {
    OpenAPIProtobuf.bytes(of: document, OpenAPIProtobuf.version3)
  }

  private var info: JSONValue { ["title": "Kubernetes", "version": .string(serverVersion)] }

  private static let token: JSONValue = [
    "type": "apiKey", "in": "header", "name": "authorization", "description": "A bearer token.",
  ]
}
