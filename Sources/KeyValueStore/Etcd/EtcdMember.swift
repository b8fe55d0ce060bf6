import NIOSSL
import Synchronization

/// One member of an etcd cluster, and the connection to it, which is made when it is needed and shared by all calls.
final class EtcdMember: Sendable, CustomStringConvertible {
  private typealias Attempt = Task<Result<GRPCConnection, GRPCFault>, Never>
  private enum State {
    case idle
    case connecting(Attempt)
    case connected(GRPCConnection)
    case closed
  }

  let endpoint: EtcdConfiguration.Endpoint
  private let tls: NIOSSLContext?
  private let state = Mutex(State.idle)

  /// - Parameter tls: for members that are reached by TLS.
  init(_ endpoint: EtcdConfiguration.Endpoint, tls: NIOSSLContext?) {
    self.endpoint = endpoint
    self.tls = endpoint.isSecure ? tls : nil
  }

  var description: String { endpoint.description }

  /// The connection that calls are made on.
  /// - Throws: `.notSent` where there is none, `.malformed` where what answers does not speak HTTP/2.
  func connection() async throws(GRPCFault) -> GRPCConnection {
    enum Found {
      case connection(GRPCConnection)
      case attempt(Attempt)
    }
    let found = state.withLock { state -> Found? in
      switch state {
      case .closed: return nil
      case .connected(let connection) where connection.isUsable: return .connection(connection)
      case .connecting(let attempt): return .attempt(attempt)
      case .idle, .connected:
        let attempt = Attempt { await self.connect() }
        state = .connecting(attempt)
        return .attempt(attempt)
      }
    }
    switch found {
    case .connection(let connection): return connection
    case .attempt(let attempt): return try await attempt.value.get()
    case nil: throw Self.closed
    }
  }

  private static let closed = GRPCFault(.notSent, "the store is closed")

  private func connect() async -> Result<GRPCConnection, GRPCFault> {
    let result: Result<GRPCConnection, GRPCFault>
    do throws(GRPCFault) {
      result = .success(try await GRPCConnection.connect(host: endpoint.host, port: endpoint.port, tls: tls))
    } catch { result = .failure(error) }
    let isWanted = state.withLock { state in
      if case .closed = state { return false }
      if case .success(let connection) = result { state = .connected(connection) } else { state = .idle }
      return true
    }
    if !isWanted, case .success(let connection) = result {
      await connection.close()
      return .failure(Self.closed)
    }
    return result
  }

  func close() async {
    let last = state.withLock { state in
      defer { state = .closed }
      return state
    }
    switch last {
    case .connected(let connection): await connection.close()
    case .connecting(let attempt): _ = await attempt.value
    case .idle, .closed: break
    }
  }
}
