import APIMachinery
import Synchronization

/// What other API servers say that they serve, kept for the common discovery documents
/// (`apidiscovery.k8s.io/v2` APIVersionDiscovery).
final class AggregatedDiscovery: Sendable {
  private static let time = Duration.seconds(5)
  private static let largest = 16 << 20
  private let known = Mutex<[GroupVersion: JSONValue]>([:])
  private let followers = Mutex<[Int: AsyncStream<Void>.Continuation]>([:])
  private let followerNumbers = Atomic(0)

  /// Tells, now and from then on, that what the servers have, or whether they answer, may be another.
  func changes() -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let number = followerNumbers.add(1, ordering: .relaxed).newValue
    followers.withLock { $0[number] = continuation }
    continuation.onTermination = { [weak self] _ in self?.followers.withLock { $0[number] = nil } }
    continuation.yield()
    return stream
  }

  /// All have been looked at that were due.
  func tell() { for follower in followers.withLock({ Array($0.values) }) { follower.yield() } }

  /// The entry of a version; without resources where the server has not told them yet.
  func version(_ service: AggregatedService) -> JSONValue {
    let version = service.groupVersion.version
    let told = known.withLock { $0[service.groupVersion] }?.objectValue
    var entry = told ?? ["resources": []]
    entry["version"] = .string(version)
    entry["freshness"] = service.isAvailable && told != nil ? "Current" : "Stale"
    return .object(entry)
  }

  /// Forgets all versions but these.
  func keep(_ groupVersions: [GroupVersion]) {
    known.withLock { known in
      guard !known.isEmpty else { return }
      let kept = Set(groupVersions)
      known = known.filter { kept.contains($0.key) }
    }
  }

  /// What a server has not told.
  struct Failure: Error, Sendable, CustomStringConvertible {
    let description: String
  }

  /// Asks a server: for all that it serves at once, or, where it does not know that document, for one version.
  /// - Throws: ``Failure`` where neither was told; what is known of the version stays.
  func refresh(_ service: AggregatedService, _ client: OutboundClient, _ proxy: FrontProxy) async throws(Failure) {
    let target = proxy.target(service)
    let accept =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
      + "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"
    let group = service.groupVersion.group
    // A server that does not know this document answers with another one, or with none.
    if let value = try? await Self.document(group.isEmpty ? "/api" : "/apis", accept, target, client),
      value["kind"]?.stringValue == "APIGroupDiscoveryList"
    {
      let item = (value["items"]?.arrayValue ?? []).first { ($0["metadata"]?["name"]?.stringValue ?? "") == group }
      let entry = (item?["versions"]?.arrayValue ?? []).first {
        $0["version"]?.stringValue == service.groupVersion.version
      }
      if let entry { return known.withLock { $0[service.groupVersion] = Self.complete(entry) } }
    }
    let list = try await Self.document(service.path, "application/json", target, client)
    guard list["kind"]?.stringValue == "APIResourceList" else {
      throw Failure(description: "what \(service.path) has is no APIResourceList")
    }
    let entry = Self.entry(list, service.groupVersion)
    known.withLock { $0[service.groupVersion] = entry }
  }

  private static func document(
    _ path: String, _ accept: String, _ target: OutboundTarget, _ client: OutboundClient
  ) async throws(Failure) -> JSONValue {
    let answer: OutboundClient.Answer
    do throws(OutboundError) {
      answer = try await client.get(
        target, uri: path, headers: AvailabilityCheck.headers(accept: accept), within: time, limit: largest)
    } catch { throw Failure(description: "\(path): \(error.message)") }
    guard answer.status == 200 else { throw Failure(description: "\(path): status \(answer.status)") }
    do { return try JSONValue(json: answer.body) } catch {
      throw Failure(description: "\(path): no JSON: \(error.message)")
    }
  }

  /// Clients rely on every resource to have a kind.
  private static func complete(_ entry: JSONValue) -> JSONValue {
    guard var members = entry.objectValue else { return entry }
    func withKind(_ value: JSONValue) -> JSONValue {
      guard var members = value.objectValue else { return value }
      if members["responseKind"]?.objectValue == nil {
        members["responseKind"] = ["group": "", "version": "", "kind": ""]
      }
      if let inner = members["subresources"]?.arrayValue { members["subresources"] = .array(inner.map(withKind)) }
      return .object(members)
    }
    members["resources"] = .array((members["resources"]?.arrayValue ?? []).map(withKind))
    return .object(members)
  }

  /// The entry for a version that is described in the older form (`v1` APIResourceList).
  static func entry(_ list: JSONValue, _ groupVersion: GroupVersion) -> JSONValue {
    var resources: [JSONObject] = []
    var places: [String: Int] = [:]
    func kind(_ resource: JSONValue) -> JSONValue {
      func text(_ name: String, or other: String) -> JSONValue {
        let value = resource[name]?.stringValue ?? ""
        return .string(value.isEmpty ? other : value)
      }
      return [
        "group": text("group", or: groupVersion.group), "version": text("version", or: groupVersion.version),
        "kind": text("kind", or: ""),
      ]
    }
    let all = list["resources"]?.arrayValue ?? []
    for resource in all {
      let name = resource["name"]?.stringValue ?? ""
      guard !name.contains("/") else { continue }
      var entry: JSONObject = [
        "resource": .string(name), "responseKind": kind(resource),
        "scope": resource["namespaced"]?.boolValue == true ? "Namespaced" : "Cluster",
        "singularResource": resource["singularName"] ?? "", "verbs": resource["verbs"] ?? [],
      ]
      for member in ["shortNames", "categories"] { entry[member] = resource[member] }
      places[name] = resources.count
      resources.append(entry)
    }
    for resource in all {
      let parts = (resource["name"]?.stringValue ?? "").split(separator: "/", maxSplits: 1).map(String.init)
      guard parts.count == 2, let index = places[parts[0]] else { continue }
      let entry: JSONValue = [
        "subresource": .string(parts[1]), "responseKind": kind(resource), "verbs": resource["verbs"] ?? [],
      ]
      resources[index]["subresources"] = .array((resources[index]["subresources"]?.arrayValue ?? []) + [entry])
    }
    return ["version": .string(groupVersion.version), "resources": .array(resources.map { .object($0) })]
  }
}
