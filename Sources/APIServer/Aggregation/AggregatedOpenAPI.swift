import APIMachinery
import NIOHTTP1
import Synchronization

/// The OpenAPI documents of version 2 of other API servers, for the one document of everything (kube-aggregator's
/// specification aggregator). Of each the part is kept that is about the version for which the server is asked.
final class AggregatedOpenAPI: Sendable {
  private static let path = "/openapi/v2"
  private static let time = Duration.seconds(60)
  private static let largest = 64 << 20
  /// How long a server is not asked again, unless it was away meanwhile.
  private static let interval = Duration.seconds(60)

  private struct Entry {
    let part: JSONObject
    let tag: String?
  }
  private struct State {
    var entries: [GroupVersion: Entry] = [:]
    var asked: [GroupVersion: ContinuousClock.Instant] = [:]
    var number = 0
  }
  private let state = Mutex(State())

  /// Grows with every change.
  var number: Int { state.withLock { $0.number } }

  /// Keeps the documents up until the task is cancelled.
  /// - Parameter report: told what a server has not told.
  func follow(
    _ services: AggregatedServices, _ discovery: AggregatedDiscovery, _ client: OutboundClient, _ proxy: FrontProxy,
    report: @escaping @Sendable (String) -> Void
  ) async {
    for await _ in discovery.changes() {
      let all = services.snapshot.sorted
      keep(Set(all.map(\.groupVersion)), answering: Set(all.filter(\.isAvailable).map(\.groupVersion)))
      await withTaskGroup(of: Void.self) { group in
        for service in all where service.isAvailable {
          group.addTask {
            do { try await self.refresh(service, client, proxy) } catch {
              report("the OpenAPI document of APIService \(service.name): \(error)")
            }
          }
        }
      }
    }
  }

  /// Forgets all versions but these, and when those were asked that do not answer.
  private func keep(_ kept: Set<GroupVersion>, answering: Set<GroupVersion>) {
    state.withLock { state in
      state.asked = state.asked.filter { answering.contains($0.key) }
      guard state.entries.contains(where: { !kept.contains($0.key) }) else { return }
      state.entries = state.entries.filter { kept.contains($0.key) }
      state.number += 1
    }
  }

  /// What a server has not told.
  private struct Failure: Error, Sendable, CustomStringConvertible {
    let description: String
  }

  /// Asks a server for its document, if that was not done lately.
  /// - Throws: ``Failure`` where it gave none; what is known stays.
  private func refresh(
    _ service: AggregatedService, _ client: OutboundClient, _ proxy: FrontProxy
  ) async throws(Failure) {
    let groupVersion = service.groupVersion
    let now = ContinuousClock.now
    let (isDue, tag) = state.withLock { state in
      if let asked = state.asked[groupVersion], now - asked < Self.interval { return (false, String?.none) }
      state.asked[groupVersion] = now
      return (true, state.entries[groupVersion]?.tag)
    }
    guard isDue else { return }
    var headers = AvailabilityCheck.headers(accept: "application/json")
    if let tag { headers.add(name: "If-None-Match", value: tag) }
    let answer: OutboundClient.Answer
    do throws(OutboundError) {
      answer = try await client.get(
        proxy.target(service), uri: Self.path, headers: headers, within: Self.time, limit: Self.largest)
    } catch { throw Failure(description: "\(Self.path): \(error.message)") }
    switch answer.status {
    case 200:
      let part = try Self.part(answer.body, service)
      take(groupVersion, Entry(part: part, tag: answer.headers.first(name: "Etag")))
    case 304: return
    // Not every server has one.
    case 404: take(groupVersion, nil)
    case let status: throw Failure(description: "\(Self.path): status \(status)")
    }
  }

  private func take(_ groupVersion: GroupVersion, _ entry: Entry?) {
    state.withLock { state in
      if state.entries[groupVersion]?.part != entry?.part { state.number += 1 }
      state.entries[groupVersion] = entry
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
      state.entries.sorted { $0.key.apiVersion < $1.key.apiVersion }.map(\.value.part)
    }
    guard !parts.isEmpty, var complete = document.objectValue else { return document }
    for part in parts { OpenAPIMerge.add(part, to: &complete) }
    return .object(complete)
  }
}
