/// A promise to come back: keys that were put with it go when it is not kept alive in time (etcd API v3, `Lease`).
public struct EtcdLease: Sendable, Hashable {
  public let id: Int64
  /// Seconds without a sign of life after which it ends.
  public let timeToLive: Int64
}

extension EtcdStore {
  /// Asks for a lease.
  /// - Parameter seconds: what it lasts without `keepAlive`; the store may give more.
  public func grantLease(seconds: Int64) async throws(StoreError) -> EtcdLease {
    let answer = try await gateway.call(
      "/v3/lease/grant", EtcdWire.LeaseGrantRequest(TTL: WireNumber(seconds)), EtcdWire.LeaseResponse.self)
    guard let id = answer.ID?.value, id != 0 else {
      throw StoreError(.malformed, "the cluster store gave no lease: \(answer.error ?? "its answer has no number")")
    }
    return EtcdLease(id: id, timeToLive: answer.TTL?.value ?? seconds)
  }

  /// Makes a lease last for its full time again. Throws `.leaseGone` where it has ended.
  public func keepAlive(_ lease: EtcdLease) async throws(StoreError) {
    let answer = try await gateway.call(
      "/v3/lease/keepalive", EtcdWire.LeaseRequest(ID: WireNumber(lease.id)),
      EtcdWire.Streamed<EtcdWire.LeaseResponse>.self)
    if let error = answer.error { throw EtcdGateway.error(error.grpc_code ?? 2, error.message ?? "the lease failed") }
    guard let result = answer.result else { throw StoreError(.malformed, "the cluster store's answer is empty") }
    // A lease that is not there is answered with no time left.
    guard let left = result.TTL?.value, left > 0 else {
      throw StoreError(.leaseGone, "the lease in the cluster store has ended")
    }
  }

  /// Ends a lease and removes its keys; one that has ended is no error.
  public func revoke(_ lease: EtcdLease) async throws(StoreError) {
    do throws(StoreError) {
      _ = try await gateway.call(
        "/v3/lease/revoke", EtcdWire.LeaseRequest(ID: WireNumber(lease.id)), EtcdWire.Nothing.self)
    } catch { if error.code != .leaseGone { throw error } }
  }
}
