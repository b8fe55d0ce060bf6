import APIMachinery
import AsyncHTTPClient
import HTTPService
import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization

/// HTTP to what stands outside of this server, over connections that are kept. Redirects are not followed: whoever is
/// asked must not send this server elsewhere (CVE-2022-3172, CVE-2020-8561).
public final class OutboundClient: Sendable {
  struct Answer: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]
  }

  private static let connectTime = TimeAmount.seconds(10)
  private static let idleTime = TimeAmount.seconds(60)
  /// Clients that are kept; each has one name of a server at one address.
  private static let mostClients = 64

  /// A name and the address behind it: the name is what a certificate must be for, the address changes.
  private struct Key: Hashable {
    let name: String
    let host: String

    /// Every name means what the system says that it means.
    static let plain = Key(name: "", host: "")
  }
  private struct Entry {
    let client: HTTPClient
    var users = 0
    var lastUse = 0
  }
  private struct State {
    var entries: [Key: Entry] = [:]
    var uses = 0
  }
  private let state = Mutex(State())
  let resolver: ServiceResolver
  let times = OutboundTimes()

  public init(_ store: ClusterStore) { resolver = ServiceResolver(store) }

  private static var configuration: HTTPClient.Configuration {
    var options = HTTPClient.Configuration()
    options.redirectConfiguration = .disallow
    options.httpVersion = .http1Only
    options.timeout.connect = connectTime
    options.connectionPool.idleTimeout = idleTime
    options.connectionPool.retryConnectionEstablishment = false
    options.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
    options.http1_1ConnectionDebugInitializer = { channel in
      channel.eventLoop.submit { try TCPOptions.set(on: channel) }
    }
    return options
  }

  /// Closes every connection.
  public func close() async {
    let clients = state.withLock { state in
      defer { state.entries = [:] }
      return state.entries.values.map(\.client)
    }
    for client in clients {
      // What a shutdown meets is of no use to anyone: the connections are gone either way.
      do { try await client.shutdown() } catch { continue }
    }
  }

  /// Sends JSON and reads the whole answer.
  /// - Parameters:
  ///   - query: follows the path; without a question mark, may be empty.
  ///   - authorization: what stands in that header; nil: it is not sent.
  ///   - limit: bytes that an answer may have.
  func post(
    _ target: OutboundTarget, query: String, _ body: [UInt8], agent: String, authorization: String? = nil,
    within time: Duration, limit: Int
  ) async throws(OutboundError) -> Answer {
    var headers = HTTPHeaders()
    headers.add(name: "Accept", value: "application/json, */*")
    headers.add(name: "Content-Type", value: "application/json")
    headers.add(name: "User-Agent", value: agent)
    if let authorization { headers.add(name: "Authorization", value: authorization) }
    let uri = target.path + (query.isEmpty ? "" : "?" + query)
    let sent = headers
    return try await collect(target, within: time, limit: limit) {
      .init(method: .POST, uri: uri, headers: sent, body: .bytes(ByteBuffer(bytes: body)))
    }
  }

  func get(
    _ target: OutboundTarget, uri: String, headers: HTTPHeaders, within time: Duration, limit: Int
  ) async throws(OutboundError) -> Answer {
    try await collect(target, within: time, limit: limit) {
      .init(method: .GET, uri: uri, headers: headers, body: nil)
    }
  }

  /// Sends a message, a second time where a kept connection has ended, and reads the whole answer.
  func send(
    _ target: OutboundTarget, _ message: Message, within time: Duration, limit: Int
  ) async throws(OutboundError) -> Answer {
    try await collect(target, within: time, limit: limit) { message }
  }

  /// What is sent.
  struct Message: Sendable {
    var method: HTTPMethod
    var uri: String
    var headers: HTTPHeaders
    var body: HTTPClientRequest.Body?
  }

  private func collect(
    _ target: OutboundTarget, within time: Duration, limit: Int, _ message: @escaping @Sendable () -> Message
  ) async throws(OutboundError) -> Answer {
    do {
      return try await Self.within(time) {
        var attempt = 0
        while true {
          do {
            let (response, lease) = try await self.open(target, message())
            defer { withExtendedLifetime(lease) {} }
            let bytes = try await response.body.collect(upTo: limit)
            return Answer(
              status: Int(response.status.code), headers: response.headers, body: Array(bytes.readableBytesView))
          } catch let error as OutboundError where error.isClosed && attempt == 0 {
            // A kept connection may end in the very moment in which it is used again.
            attempt += 1
          }
        }
      }
    } catch { throw .from(error, host: Self.host(target)) }
  }

  /// - Throws: `.late` where the time is over first.
  static func within<Value: Sendable>(
    _ time: Duration, _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
      group.addTask(operation: body)
      group.addTask {
        try await Task.sleep(for: time)
        throw OutboundError.late
      }
      defer { group.cancelAll() }
      guard let first = try await group.next() else { throw OutboundError.late }
      return first
    }
  }

  /// Keeps a client for as long as its answer is read.
  typealias Lease = AtEnd

  /// Sends a message; its answer is read while it comes, and the lease is kept until then.
  func open(_ target: OutboundTarget, _ message: Message) async throws(OutboundError) -> (HTTPClientResponse, Lease) {
    let start = ContinuousClock.now
    var status: Int?
    defer {
      times.record(
        host: target.authority, method: message.method.rawValue, status: status, ContinuousClock.now - start)
    }
    do {
      let tls = try target.tls.get()
      let key: Key
      let url: String
      var host: String?
      switch target.place {
      case .host(let name): (key, url) = (.plain, "https://\(name)\(message.uri)")
      case .service(let service):
        let address = try resolver.resolve(service)
        key = Key(name: service.serverName, host: address.host)
        url = "https://\(service.serverName):\(address.port)\(message.uri)"
        host = "\(service.serverName):\(service.port)"
      }
      let client = take(key)
      let lease = Lease { [weak self] in self?.give(key) }
      var request = HTTPClientRequest(url: url)
      request.method = message.method
      request.headers = message.headers
      if let host { request.headers.replaceOrAdd(name: "Host", value: host) }
      request.body = message.body
      request.tlsConfiguration = tls
      let response = try await client.execute(request, deadline: .distantFuture)
      status = Int(response.status.code)
      return (response, lease)
    } catch { throw .from(error, host: Self.host(target)) }
  }

  static func host(_ target: OutboundTarget) -> String {
    switch target.place {
    case .host(let host): host
    case .service(let service): service.serverName
    }
  }

  private func take(_ key: Key) -> HTTPClient {
    let (client, old) = state.withLock { state -> (HTTPClient, HTTPClient?) in
      state.uses += 1
      let use = state.uses
      if state.entries[key] != nil {
        state.entries[key]?.users += 1
        state.entries[key]?.lastUse = use
      }
      if let entry = state.entries[key] { return (entry.client, nil) }
      var options = Self.configuration
      if key != .plain { options.dnsOverride = [key.name: key.host] }
      let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: options)
      var old: HTTPClient?
      if state.entries.count >= Self.mostClients,
        let idle = state.entries.filter({ $0.value.users == 0 }).min(by: { $0.value.lastUse < $1.value.lastUse })
      {
        old = state.entries.removeValue(forKey: idle.key)?.client
      }
      state.entries[key] = Entry(client: client, users: 1, lastUse: use)
      return (client, old)
    }
    if let old { Task { try? await old.shutdown() } }
    return client
  }

  private func give(_ key: Key) { state.withLock { $0.entries[key]?.users -= 1 } }
}
