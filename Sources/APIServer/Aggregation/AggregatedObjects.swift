import APIMachinery
import AsyncHTTPClient
import HTTPService
import NIOCore
import NIOHTTP1

/// The objects of API servers behind this one, for what runs in this process: controllers that look after all objects of a cluster,
/// whoever keeps them.
public struct AggregatedObjects: Sendable {
  private static let time = Duration.seconds(30)
  /// Bytes of an answer: a list may have thousands of objects.
  private static let largest = 256 << 20
  /// Objects of one page of a list.
  private static let page = 500

  let services: AggregatedServices
  let discovery: AggregatedDiscovery
  let client: OutboundClient
  let proxy: FrontProxy

  /// A resource of another server.
  public struct Resource: Sendable, Hashable {
    public let groupVersion: GroupVersion
    public let plural: String
    public let kind: String
    public let isNamespaced: Bool
    public let verbs: Set<ResourceVerb>
  }

  /// Whether another server has a version.
  public func serves(_ groupVersion: GroupVersion) -> Bool { services.snapshot.services[groupVersion] != nil }

  /// What other servers have, the preferred version of each resource, and the versions of which that is not known at present.
  public func resources() -> (resources: [Resource], failures: [GroupVersion]) {
    var resources: [Resource] = []
    var seen: Set<GroupResource> = []
    var failures: [GroupVersion] = []
    for service in services.snapshot.sorted {
      let entry = discovery.version(service)
      guard entry["freshness"] == "Current" else {
        failures.append(service.groupVersion)
        continue
      }
      for value in entry["resources"]?.arrayValue ?? [] {
        guard let resource = Self.resource(value, service.groupVersion),
          seen.insert(GroupResource(group: service.groupVersion.group, resource: resource.plural)).inserted
        else { continue }
        resources.append(resource)
      }
    }
    return (resources, failures.sorted { $0.apiVersion < $1.apiVersion })
  }

  private static func resource(_ value: JSONValue, _ groupVersion: GroupVersion) -> Resource? {
    guard let plural = value["resource"]?.stringValue, !plural.isEmpty else { return nil }
    return Resource(
      groupVersion: groupVersion, plural: plural, kind: value["responseKind"]?["kind"]?.stringValue ?? "",
      isNamespaced: value["scope"]?.stringValue == "Namespaced",
      verbs: Set((value["verbs"]?.arrayValue ?? []).compactMap { $0.stringValue.flatMap(ResourceVerb.init) }))
  }

  // MARK: Objects

  /// An object; nil where there is none.
  public func get(
    _ groupVersion: GroupVersion, _ plural: String, namespace: String, name: String
  ) async throws(StatusError) -> StoredObject? {
    do throws(StatusError) {
      return try Self.object(try await send(.GET, groupVersion, plural, namespace: namespace, name: name))
    } catch {
      guard error.reason == .notFound else { throw error }
      return nil
    }
  }

  /// The metadata of all objects in a namespace, or in all where it is empty.
  public func list(
    _ groupVersion: GroupVersion, _ plural: String, namespace: String
  ) async throws(StatusError) -> [StoredObject] {
    try await listing(groupVersion, plural, namespace: namespace).items.map(Self.object)
  }

  /// The same as it comes, with the version of the whole.
  func listing(
    _ groupVersion: GroupVersion, _ plural: String, namespace: String
  ) async throws(StatusError) -> (items: [JSONValue], version: String) {
    var items: [JSONValue] = []
    var version = ""
    var continuation = ""
    repeat {
      var query = "?limit=\(Self.page)"
      if !continuation.isEmpty { query += "&continue=\(PercentEncoding.encode(continuation))" }
      let list = try await send(
        .GET, groupVersion, plural, namespace: namespace, name: "", query: query,
        accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json")
      items += list["items"]?.arrayValue ?? []
      version = list["metadata"]?["resourceVersion"]?.stringValue ?? ""
      continuation = list["metadata"]?["continue"]?.stringValue ?? ""
    } while !continuation.isEmpty
    return (items, version)
  }

  /// Replaces an object, or what a subresource of it is.
  public func update(
    _ groupVersion: GroupVersion, _ plural: String, subresource: String, _ object: JSONObject
  ) async throws(StatusError) -> StoredObject {
    let name = object.objectName + (subresource.isEmpty ? "" : "/\(subresource)")
    return try Self.object(
      try await send(
        .PUT, groupVersion, plural, namespace: object.objectNamespace, name: name, body: .object(object)))
  }

  /// Removes an object; one that is gone, or is another one by now, is no error.
  public func delete(
    _ groupVersion: GroupVersion, _ plural: String, namespace: String, name: String, uid: String?,
    propagation: String?
  ) async throws(StatusError) {
    var options: JSONObject = ["kind": "DeleteOptions", "apiVersion": "v1"]
    if let uid { options["preconditions"] = ["uid": .string(uid)] }
    if let propagation { options["propagationPolicy"] = .string(propagation) }
    do throws(StatusError) {
      _ = try await send(.DELETE, groupVersion, plural, namespace: namespace, name: name, body: .object(options))
    } catch {
      guard error.reason == .notFound || error.reason == .conflict && uid != nil else { throw error }
    }
  }

  // MARK: HTTP

  static let noObject = StatusError.internalError(
    "another API server has answered with what is no object")

  static func object(_ value: JSONValue) throws(StatusError) -> StoredObject {
    guard case .object(let object) = value, object["metadata"]?.objectValue != nil else {
      throw noObject
    }
    // Versions of others are opaque; those that are numbers, as nearly all are, can be named in a change.
    return StoredObject(object, revision: UInt64(object.metadataText("resourceVersion")) ?? 0)
  }

  private func send(
    _ method: HTTPMethod, _ groupVersion: GroupVersion, _ plural: String, namespace: String, name: String,
    query: String = "", accept: String = "application/json", body: JSONValue? = nil
  ) async throws(StatusError) -> JSONValue {
    guard let service = services.snapshot.services[groupVersion] else { throw .noSuchPath() }
    let segments =
      (namespace.isEmpty ? [] : ["namespaces", namespace]) + [plural]
      + name.split(separator: "/")
      .map(String.init)
    let uri = service.path + "/" + segments.map { PercentEncoding.encode($0) }.joined(separator: "/") + query
    var headers = AvailabilityCheck.headers(accept: accept)
    if body != nil { headers.add(name: "Content-Type", value: "application/json") }
    let message = OutboundClient.Message(
      method: method, uri: uri, headers: headers, body: body.map { .bytes(ByteBuffer(bytes: $0.jsonBytes())) })
    let answer: OutboundClient.Answer
    do throws(OutboundError) {
      answer = try await client.send(proxy.target(service), message, within: Self.time, limit: Self.largest)
    } catch {
      throw .serviceUnavailable("error trying to reach service \(service.service.serverName): \(error.message)")
    }
    if let failure = OutboundReply.failure(answer) { throw failure }
    do { return try JSONValue(json: answer.body) } catch {
      throw .internalError("the answer to \(method.rawValue) \(uri) is no JSON: \(error.message)")
    }
  }
}
