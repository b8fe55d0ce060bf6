import NIOSSL

/// What goes wrong between us and the members, in the store's words.
enum EtcdFault {
  static func error(_ fault: GRPCFault, _ member: EtcdMember) -> StoreError {
    let message = "\(member): \(fault)"
    switch fault.kind {
    case .notSent, .lost: return StoreError(.unavailable, message + hint(fault, member), cause: fault)
    case .malformed: return StoreError(.malformed, message, cause: fault)
    case .refused(let code): return error(code, message, cause: fault)
    }
  }

  /// What to do about a connection that does not come about.
  private static func hint(_ fault: GRPCFault, _ member: EtcdMember) -> String {
    if fault.cause is NIOSSLError || fault.cause is NIOSSLExtraError {
      return " (look at the authorities that its certificate is checked against, and at our own certificate)"
    }
    guard fault.kind == .notSent, fault.cause == nil, !member.endpoint.isSecure else { return "" }
    return " (if it serves TLS, name it with https://)"
  }

  /// Whether a request that failed has certainly changed nothing.
  static func wasNeverCarriedOut(_ error: StoreError) -> Bool {
    guard let fault = error.cause as? GRPCFault else { return false }
    switch fault.kind {
    case .notSent: return true
    case .refused: return ["too many requests", "no leader"].contains { fault.message.contains($0) }
    case .lost, .malformed: return false
    }
  }

  /// What etcd says to a request that it refuses, by the numbers of gRPC.
  static func error(_ code: Int, _ message: String, cause: GRPCFault? = nil) -> StoreError {
    func error(_ code: StoreError.Code) -> StoreError { StoreError(code, message, cause: cause) }
    switch code {
    // Invalid argument. A user without a name is one who did not say who he is.
    case 3: return error(message.contains("user name is empty") ? .denied : .invalid)
    // Not found; the only thing that we ask for by number is a lease.
    case 5: return error(.leaseGone)
    // Permission denied, unauthenticated.
    case 7, 16: return error(.denied)
    // Resource exhausted: the database's quota, the members' patience, or the size of a message.
    case 8 where message.contains("space exceeded"): return error(.full)
    case 8: return error(message.contains("too many requests") ? .unavailable : .invalid)
    // Out of range: a revision that has been compacted, one that is still to come, or the time of a lease.
    case 11 where message.contains("lease"): return error(.invalid)
    case 11: return error(message.contains("future revision") ? .future : .compacted)
    // Not implemented: what answers is some other server.
    case 12: return error(.malformed)
    // Cancelled, deadline exceeded, unavailable (no leader, time-outs), unknown.
    case 1, 2, 4, 14: return error(.unavailable)
    default: return error(.failed)
    }
  }

  /// A token that is not known any more: tokens end after some minutes, and with the member that gave them.
  static func isAboutToken(_ error: StoreError) -> Bool {
    ["invalid auth token", "user name is empty"].contains { error.message.contains($0) }
  }

  static func isAboutPassword(_ error: StoreError) -> Bool { error.message.contains("authentication failed") }
}
