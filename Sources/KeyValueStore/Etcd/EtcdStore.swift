import FoundationEssentials

/// Keys and values in an etcd cluster, over its JSON gateway (etcd API v3; served by 3.4 and later).
///
/// All keys are below the location's prefix and are named here without it. An acknowledged change is on the disks of
/// most members. Where a call throws `.unavailable`, the change may or may not have been made.
public final class EtcdStore: KeyValueStore {
  public let location: EtcdLocation
  let gateway: EtcdGateway

  /// Opens nothing yet: the first call does.
  public init(_ location: EtcdLocation) {
    self.location = location
    gateway = EtcdGateway(members: location.members)
  }

  /// The whole cluster's revision, which other prefixes raise as well.
  public func revision() async throws(StoreError) -> Int64 { try await read("", isPrefix: false).revision }

  public func get(_ key: String) async throws(StoreError) -> KeyValue? {
    try await read(key, isPrefix: false).values.first
  }

  public func list(prefix: String) async throws(StoreError) -> [KeyValue] { try await snapshot(prefix: prefix).values }

  /// All keys with a prefix as they were at one revision, which is told: a watch from the next one on misses nothing.
  public func snapshot(prefix: String) async throws(StoreError) -> (values: [KeyValue], revision: Int64) {
    try await read(prefix, isPrefix: true)
  }

  public func commit(
    _ mutations: [Mutation], where preconditions: [Precondition]
  ) async throws(StoreError) -> Int64 {
    let comparisons = preconditions.map { precondition in
      switch precondition {
      case .modRevision(let key, let revision): EtcdComparison.unchanged(key, since: revision)
      case .createRevision(let key, let revision): EtcdComparison.created(key, at: revision)
      }
    }
    let outcome = try await transact(
      comparisons,
      then: mutations.map { mutation in
        switch mutation {
        case .put(let key, let value): .put(key, value)
        case .delete(let key): .delete(key)
        }
      })
    guard outcome.succeeded else {
      let keys = Set(preconditions.map(\.key))
      throw StoreError(.conflict, "key \(keys.sorted().joined(separator: " or ")) was changed by somebody else")
    }
    return outcome.revision
  }

  /// Carries out `operations` where all comparisons hold, else `otherwise`; at one revision, whole or not at all.
  public func transact(
    _ comparisons: [EtcdComparison], then operations: [EtcdOperation], otherwise: [EtcdOperation] = []
  ) async throws(StoreError) -> EtcdOutcome {
    let prefix = location.prefix
    let answer = try await gateway.call(
      "/v3/kv/txn",
      EtcdWire.TransactionRequest(
        compare: comparisons.map { $0.wire(prefix) }, success: operations.map { $0.wire(prefix) },
        failure: otherwise.map { $0.wire(prefix) }), EtcdWire.TransactionResponse.self)
    guard let revision = answer.header?.revision?.value else { throw Self.headless }
    let succeeded = answer.succeeded ?? false
    let steps = succeeded ? operations : otherwise
    let responses = answer.responses ?? []
    guard responses.count == steps.count else {
      throw StoreError(.malformed, "the cluster store answered \(responses.count) of \(steps.count) steps")
    }
    var reads: [[KeyValue]] = []
    for (step, response) in zip(steps, responses) where step.reads {
      reads.append(try values(response.response_range?.kvs ?? []))
    }
    return EtcdOutcome(succeeded: succeeded, revision: revision, reads: reads)
  }

  public func close() async { await gateway.close() }

  private func read(
    _ key: String, isPrefix: Bool
  ) async throws(StoreError) -> (values: [KeyValue], revision: Int64) {
    let bytes = Array((location.prefix + key).utf8)
    let answer = try await gateway.call(
      "/v3/kv/range",
      EtcdWire.RangeRequest(key: Data(bytes), range_end: isPrefix ? Data(EtcdWire.end(ofPrefix: bytes)) : nil),
      EtcdWire.RangeResponse.self)
    guard let revision = answer.header?.revision?.value else { throw Self.headless }
    return (try values(answer.kvs ?? []), revision)
  }

  func values(_ wire: [EtcdWire.KeyValue]) throws(StoreError) -> [KeyValue] {
    var values: [KeyValue] = []
    for entry in wire { values.append(try value(entry)) }
    return values
  }

  /// An entry under its name without the prefix.
  func value(_ wire: EtcdWire.KeyValue) throws(StoreError) -> KeyValue {
    let name = String(decoding: wire.key, as: UTF8.self)
    guard name.hasPrefix(location.prefix) else {
      throw StoreError(.malformed, "the cluster store answered with the key \(name), which nobody asked for")
    }
    return KeyValue(
      key: String(name.dropFirst(location.prefix.count)), value: Array(wire.value ?? Data()),
      createRevision: wire.create_revision?.value ?? 0, modRevision: wire.mod_revision?.value ?? 0)
  }

  private static let headless = StoreError(.malformed, "the cluster store's answer has no revision")
}
