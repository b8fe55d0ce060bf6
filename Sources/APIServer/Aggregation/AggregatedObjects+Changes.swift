import APIMachinery
import AsyncHTTPClient
import HTTPService
import NIOCore
import NIOHTTP1

extension AggregatedObjects {
  /// One change of one object, of which only what the server says of itself is known: who it is, who owns it and what
  /// holds it.
  public struct Change: Sendable {
    public let resource: Resource
    /// Nil where the object is gone.
    public let current: StoredObject?
    public let previous: StoredObject?
  }

  /// Every change from now on, and what is there already as additions.
  /// - Parameter report: told what cannot be followed.
  public func changes(report: @escaping @Sendable (String) -> Void) -> AsyncStream<Change> {
    let (stream, continuation) = AsyncStream.makeStream(of: Change.self)
    let changes = AggregatedChanges(self, report: report) { continuation.yield($0) }
    let task = Task {
      await changes.run()
      continuation.finish()
    }
    continuation.onTermination = { _ in task.cancel() }
    return stream
  }

  /// Versions of which it is known what they have.
  var currentVersions: Set<GroupVersion> {
    Set(
      services.snapshot.sorted.filter { discovery.version($0)["freshness"] == "Current" }.map(
        \.groupVersion))
  }

  // MARK: HTTP

  private static let ofOne =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
  /// Bytes of one event.
  private static let largestEvent = 16 << 20
  /// Seconds after which the other server ends a watch, so that not all of them begin anew at once (client-go's reflectors:
  /// five to ten minutes).
  private static let watchTimes = 300..<600
  /// How much later a watch is given up whose end has not come: the other server is there for the kernel, and for nobody
  /// else.
  private static let grace = Duration.seconds(30)

  /// All objects of a resource, and the version of the list.
  func metadata(of resource: Resource) async throws(StatusError) -> (
    objects: [StoredObject], version: String
  ) {
    let list = try await listing(resource.groupVersion, resource.plural, namespace: "")
    return (try list.items.map(Self.reduced), list.version)
  }

  /// What a watch tells.
  struct Event: Sendable {
    /// Nil where only the version is told.
    let object: StoredObject?
    let isRemoval: Bool
    let version: String
  }

  /// Changes after a version, until the other server ends the watch.
  func watch(_ resource: Resource, from version: String) -> AsyncThrowingStream<Event, any Error> {
    let (stream, continuation) = AsyncThrowingStream.makeStream(of: Event.self)
    let task = Task {
      do {
        try await watch(resource, from: version) { continuation.yield($0) }
        continuation.finish()
      } catch { continuation.finish(throwing: error) }
    }
    continuation.onTermination = { _ in task.cancel() }
    return stream
  }

  private func watch(
    _ resource: Resource, from version: String, _ tell: @escaping @Sendable (Event) -> Void
  ) async throws {
    let seconds = Int.random(in: Self.watchTimes)
    try await OutboundClient.within(.seconds(seconds) + Self.grace) {
      try await watch(resource, from: version, seconds: seconds, tell)
    }
  }

  /// - Parameter seconds: after which the other server is to end it.
  private func watch(
    _ resource: Resource, from version: String, seconds: Int, _ tell: (Event) -> Void
  ) async throws {
    guard let service = services.snapshot.services[resource.groupVersion] else {
      throw StatusError.noSuchPath()
    }
    let uri =
      "\(service.path)/\(PercentEncoding.encode(resource.plural))?watch=true&allowWatchBookmarks=true"
      + "&timeoutSeconds=\(seconds)&resourceVersion=\(PercentEncoding.encode(version))"
    let message = OutboundClient.Message(
      method: .GET, uri: uri, headers: AvailabilityCheck.headers(accept: Self.ofOne), body: nil)
    let (response, lease) = try await client.open(proxy.target(service), message)
    defer { withExtendedLifetime(lease) {} }
    guard response.status == .ok else {
      let body = try await response.body.collect(upTo: Self.largestEvent)
      let answer = OutboundClient.Answer(
        status: Int(response.status.code), headers: response.headers,
        body: Array(body.readableBytesView))
      throw OutboundReply.failure(answer)
        ?? .internalError("a watch was answered with \(response.status)")
    }
    var lines = LineBuffer(limit: Self.largestEvent)
    for try await chunk in response.body {
      for line in try lines.take(chunk) { tell(try Self.event(line)) }
    }
  }

  private static func event(_ line: [UInt8]) throws -> Event {
    let value = try JSONValue(json: line)
    let object = value["object"] ?? .null
    if value["type"] == "ERROR" {
      throw StatusError(json: object) ?? .internalError("a watch has ended with what is no Status")
    }
    let version = object["metadata"]?["resourceVersion"]?.stringValue ?? ""
    guard value["type"] != "BOOKMARK" else {
      return Event(object: nil, isRemoval: false, version: version)
    }
    return Event(
      object: try reduced(object), isRemoval: value["type"] == "DELETED", version: version)
  }

  private static let kept: Set<String> = [
    "name", "namespace", "uid", "resourceVersion", "ownerReferences", "finalizers",
    "deletionTimestamp",
  ]

  /// An object with what matters of its metadata alone.
  private static func reduced(_ value: JSONValue) throws(StatusError) -> StoredObject {
    guard var metadata = value["metadata"]?.objectValue else { throw noObject }
    metadata.filter { name, _ in kept.contains(name) }
    return try object([
      "kind": value["kind"] ?? "", "apiVersion": value["apiVersion"] ?? "",
      "metadata": .object(metadata),
    ])
  }
}
