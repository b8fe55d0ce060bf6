import APIMachinery
import NIOHTTP1
import Synchronization

/// The OpenAPI documents of version 2 of other API servers, for the one document of everything (kube-aggregator's
/// specification aggregator). Of each the part is kept that is about the version for which the server is asked.
final class AggregatedOpenAPI: Sendable {
  private static let path = "/openapi/v2"
  private static let time = Duration.seconds(60)
  private static let largest = 64 << 20
  /// How long a server is not asked again that has answered.
  private static let interval = Duration.seconds(60)

  private struct Entry {
    /// Nil where the server has no such document.
    var part: JSONObject?
    var tag: String?
    var asked: ContinuousClock.Instant
  }
  private struct State {
    var entries: [GroupVersion: Entry] = [:]
    var number = 0
  }
  private let state = Mutex(State())

  /// Grows with every change.
  var number: Int { state.withLock { $0.number } }

  /// Forgets all versions but these.
  func keep(_ groupVersions: [GroupVersion]) {
    let kept = Set(groupVersions)
    state.withLock { state in
      guard state.entries.contains(where: { !kept.contains($0.key) }) else { return }
      state.entries = state.entries.filter { kept.contains($0.key) }
      state.number += 1
    }
  }

  /// What a server has not told.
  struct Failure: Error, Sendable, CustomStringConvertible {
    let description: String
  }

  /// Asks a server for its document, if that was not done lately.
  /// - Throws: ``Failure`` where it gave none; what is known stays.
  func refresh(_ service: AggregatedService, _ client: OutboundClient, _ proxy: FrontProxy)
    async throws(Failure)
  {
    let known = state.withLock { $0.entries[service.groupVersion] }
    let now = ContinuousClock.now
    if let known, now - known.asked < Self.interval { return }
    var headers = AvailabilityCheck.headers(accept: "application/json")
    if let tag = known?.tag { headers.add(name: "If-None-Match", value: tag) }
    let answer: OutboundClient.Answer
    do throws(OutboundError) {
      answer = try await client.get(
        proxy.target(service), uri: Self.path, headers: headers, within: Self.time,
        limit: Self.largest)
    } catch { throw Failure(description: "\(Self.path): \(error.message)") }
    switch answer.status {
    case 200:
      take(
        service.groupVersion, try Self.part(answer.body, service),
        answer.headers.first(name: "Etag"), now)
    case 304: state.withLock { $0.entries[service.groupVersion]?.asked = now }
    // Not every server has one.
    case 404: take(service.groupVersion, nil, nil, now)
    case let status: throw Failure(description: "\(Self.path): status \(status)")
    }
  }

  private func take(
    _ groupVersion: GroupVersion, _ part: JSONObject?, _ tag: String?,
    _ now: ContinuousClock.Instant
  ) {
    state.withLock { state in
      if state.entries[groupVersion]?.part != part { state.number += 1 }
      state.entries[groupVersion] = Entry(part: part, tag: tag, asked: now)
    }
  }

  private static func part(_ bytes: [UInt8], _ service: AggregatedService) throws(Failure)
    -> JSONObject
  {
    let value: JSONValue
    do { value = try JSONValue(json: bytes) } catch {
      throw Failure(description: "\(path): no JSON: \(error.message)")
    }
    guard let document = value.objectValue, document["swagger"]?.stringValue == "2.0" else {
      throw Failure(description: "\(path): no OpenAPI document of version 2")
    }
    var part = OpenAPIMerge.part(of: document, below: service.path + "/")
    part.filter { name, _ in ["paths", "definitions", "parameters"].contains(name) }
    return part
  }

  /// This server's document with what the others have.
  func completed(_ document: JSONValue) -> JSONValue {
    let parts = state.withLock { state in
      state.entries.sorted { $0.key.apiVersion < $1.key.apiVersion }.compactMap(\.value.part)
    }
    guard !parts.isEmpty, var complete = document.objectValue else { return document }
    for part in parts { OpenAPIMerge.add(part, to: &complete) }
    return .object(complete)
  }
}
