extension EtcdStore {
  public func grantLease(seconds: Int64) async throws(StoreError) -> Lease {
    let answer: EtcdAnswer.Lease = try await client.call(.grantLease, EtcdRequest.LeaseGrant(timeToLive: seconds))
    guard answer.id != 0 else {
      throw StoreError(.malformed, "the cluster store gave no lease: \(answer.error ?? "its answer has no number")")
    }
    return Lease(id: answer.id, timeToLive: answer.timeToLive)
  }

  public func keepAlive(_ lease: Lease) async throws(StoreError) {
    let answer: EtcdAnswer.Lease = try await client.call(.keepLeaseAlive, EtcdRequest.LeaseID(id: lease.id))
    // A lease that is not there is answered with no time left.
    guard answer.timeToLive > 0 else { throw .leaseGone(lease.id) }
  }

  public func revoke(_ lease: Lease) async throws(StoreError) {
    do throws(StoreError) {
      let _: EtcdAnswer.Nothing = try await client.call(.revokeLease, EtcdRequest.LeaseID(id: lease.id))
    } catch { if error.code != .leaseGone { throw error } }
  }

  /// The lease with a number, or nil where it has ended.
  func lease(_ id: Int64) async throws(StoreError) -> Lease? {
    let answer: EtcdAnswer.Lease = try await client.call(.leaseTimeToLive, EtcdRequest.LeaseID(id: id))
    // One that has ended has a negative time left.
    guard answer.timeToLive > 0 else { return nil }
    return Lease(id: id, timeToLive: max(answer.grantedTimeToLive, answer.timeToLive))
  }
}
