extension EtcdStore {
  public func grantLease(seconds: Int64) async throws(StoreError) -> Lease {
    let answer = try await gateway.call(
      "/v3/lease/grant", EtcdWire.LeaseGrantRequest(TTL: WireNumber(seconds)), .harmless, EtcdWire.LeaseResponse.self)
    guard let id = answer.ID?.value, id != 0 else {
      throw StoreError(.malformed, "the cluster store gave no lease: \(answer.error ?? "its answer has no number")")
    }
    return Lease(id: id, timeToLive: answer.TTL?.value ?? seconds)
  }

  public func keepAlive(_ lease: Lease) async throws(StoreError) {
    let answer = try await gateway.call(
      "/v3/lease/keepalive", EtcdWire.LeaseRequest(ID: WireNumber(lease.id)), .harmless,
      EtcdWire.Streamed<EtcdWire.LeaseResponse>.self)
    if let error = answer.error { throw EtcdFault.error(error.grpc_code ?? 2, error.message ?? "the lease failed") }
    guard let result = answer.result else { throw StoreError(.malformed, "the cluster store's answer is empty") }
    // A lease that is not there is answered with no time left.
    guard let left = result.TTL?.value, left > 0 else { throw .leaseGone(lease.id) }
  }

  public func revoke(_ lease: Lease) async throws(StoreError) {
    do throws(StoreError) {
      _ = try await gateway.call(
        "/v3/lease/revoke", EtcdWire.LeaseRequest(ID: WireNumber(lease.id)), .harmless, EtcdWire.Nothing.self)
    } catch { if error.code != .leaseGone { throw error } }
  }

  /// The lease with a number, or nil where it has ended.
  func lease(_ id: Int64) async throws(StoreError) -> Lease? {
    let answer = try await gateway.call(
      "/v3/lease/timetolive", EtcdWire.LeaseRequest(ID: WireNumber(id)), .harmless, EtcdWire.LeaseResponse.self)
    // One that has ended has a negative time left.
    guard let left = answer.TTL?.value, left > 0 else { return nil }
    return Lease(id: id, timeToLive: answer.grantedTTL?.value ?? left)
  }
}
