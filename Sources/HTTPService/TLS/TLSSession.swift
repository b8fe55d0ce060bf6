import NIOCore
import NIOSSL
import Synchronization

/// What TLS knows about one connection: kept beside it, since the judgement about a client's certificate is made anew
/// when the authorities change.
final class TLSSession: Sendable {
  private struct State {
    var chain: [[UInt8]] = []
    var epoch = 0
    var info = TLSInfo(version: .v13, applicationProtocol: nil, client: .anonymous)
  }
  let tls: ServerTLS
  private let state = Mutex(State())

  init(_ tls: ServerTLS) { self.tls = tls }

  /// Called during the handshake with what the client shows.
  func verify(_ chain: [[UInt8]]) async {
    let judgement = await tls.verify(chain)
    state.withLock { state in
      state.chain = chain
      state.epoch = judgement.epoch
      state.info = TLSInfo(
        version: state.info.version, applicationProtocol: state.info.applicationProtocol, client: judgement.client,
        proxy: judgement.proxy)
    }
  }

  /// Whether the client has shown a certificate in this handshake.
  var hasChain: Bool { state.withLock { !$0.chain.isEmpty } }

  func complete(version: TLSInfo.Version, applicationProtocol: String?) {
    state.withLock { state in
      state.info = TLSInfo(
        version: version, applicationProtocol: applicationProtocol, client: state.info.client, proxy: state.info.proxy)
    }
  }

  var info: TLSInfo { state.withLock { $0.info } }

  /// Whether the authorities have changed since they judged this client.
  var isStale: Bool {
    let epoch = tls.epoch
    return state.withLock { !$0.chain.isEmpty && $0.epoch != epoch }
  }

  /// Judges the client's certificate again.
  func refresh() async { await verify(state.withLock { $0.chain }) }
}
