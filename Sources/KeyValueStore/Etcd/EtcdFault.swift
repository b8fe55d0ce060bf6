import AsyncHTTPClient
import Linux
import NIOCore
import NIOPosix
import NIOSSL

/// What goes wrong between us and the members, in the store's words.
enum EtcdFault {
  static func unreachable(_ member: some CustomStringConvertible, _ error: any Error) -> StoreError {
    if error is CancellationError { return StoreError(.closed, "the request was given up", cause: error) }
    return StoreError(.unavailable, "\(member): \(error)", cause: error)
  }

  /// Whether a request that failed has certainly not reached a member.
  static func wasNeverSent(_ error: StoreError) -> Bool {
    switch error.cause {
    case is NIOConnectionError: true
    case let error as HTTPClientError: error == .connectTimeout || error == .getConnectionFromPoolTimeout
    case let error as ChannelError: if case .connectTimeout = error { true } else { false }
    case let error as NIOSSLError: if case .handshakeFailed = error { true } else { false }
    case let error as IOError:
      [Errno.connectionRefused, .hostUnreachable, .networkUnreachable].contains(Errno(rawValue: error.errnoCode))
    default: false
    }
  }

  /// What etcd says to a request that it refuses, by the numbers of gRPC (its JSON gateway passes them on).
  static func refusal(_ member: some CustomStringConvertible, _ status: UInt, _ bytes: ByteBuffer) -> StoreError {
    guard let failure: EtcdWire.Failure = try? EtcdCoding.decode(bytes, member), let code = failure.code else {
      return status >= 500
        ? StoreError(.unavailable, "\(member): HTTP status \(status)")
        : StoreError(.malformed, "\(member): HTTP status \(status) without a word of etcd's")
    }
    return error(code, "\(member): \(failure.message ?? failure.error ?? "error \(code)")")
  }

  static func error(_ code: Int, _ message: String) -> StoreError {
    switch code {
    // Invalid argument. A user without a name is one who did not say who he is.
    case 3: StoreError(message.contains("user name is empty") ? .denied : .invalid, message)
    // Not found; the only thing that we ask for by number is a lease.
    case 5: StoreError(.leaseGone, message)
    // Permission denied, unauthenticated.
    case 7, 16: StoreError(.denied, message)
    // Resource exhausted: the database's quota, the members' patience, or the size of a message.
    case 8 where message.contains("space exceeded"): StoreError(.full, message)
    case 8: StoreError(message.contains("too many requests") ? .unavailable : .invalid, message)
    // Out of range: a revision that has been compacted, or one that is still to come.
    case 11: StoreError(message.contains("future revision") ? .future : .compacted, message)
    // Deadline exceeded, unavailable (no leader, time-outs), unknown.
    case 2, 4, 14: StoreError(.unavailable, message)
    default: StoreError(.failed, message)
    }
  }

  /// A token that is not known any more: tokens end after some minutes, and with the member that gave them.
  static func isAboutToken(_ error: StoreError) -> Bool {
    ["invalid auth token", "user name is empty"].contains { error.message.contains($0) }
  }

  static func isAboutPassword(_ error: StoreError) -> Bool { error.message.contains("authentication failed") }
}
