import NIOCore
import NIOSSL
import NIOTLS

/// Stands at the end of a connection's pipeline until its handshake is done, then gives way to HTTP/1.1 or HTTP/2.
final class TLSHandshake: ChannelInboundHandler, RemovableChannelHandler, ServedConnection {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let core: ServerCore
  private let session: TLSSession
  private let info: ConnectionInfo
  private var context: ChannelHandlerContext?
  private var timer: Scheduled<Void>?
  private var done = false
  /// What came behind the handshake before somebody was there for it.
  private var early: [ByteBuffer] = []

  init(core: ServerCore, listener: String, peer: ConnectionInfo.Peer, session: TLSSession) {
    self.core = core
    self.session = session
    info = ConnectionInfo(listener: listener, peer: peer, session: session)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    if context.channel.isActive { opened(context) }
  }

  func channelActive(context: ChannelHandlerContext) { opened(context) }

  private func opened(_ context: ChannelHandlerContext) {
    guard timer == nil else { return }
    guard core.registry.register(NIOLoopBound(self, eventLoop: context.eventLoop)) else { return closeNow() }
    timer = context.eventLoop.assumeIsolated().scheduleTask(in: session.tls.handshakeTimeout) { [self] in closeNow() }
    context.read()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    timer?.cancel()
    self.context = nil
  }

  func channelInactive(context: ChannelHandlerContext) {
    timer?.cancel()
    done = true
    core.registry.unregister(self)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) { early.append(unwrapInboundIn(data)) }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? TLSUserEvent, case .handshakeCompleted(let name) = event {
      return completed(context, applicationProtocol: name)
    }
    if let event = event as? ChannelEvent, event == .inputClosed { closeNow() }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { closeNow() }

  func drain() { closeNow() }

  func closeNow() { context?.closeWithoutHalves() }

  // MARK: After the handshake

  private func completed(_ context: ChannelHandlerContext, applicationProtocol name: String?) {
    let chain: [[UInt8]]
    do {
      let handler = try context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
      session.complete(version: handler.tlsVersion == .tlsv13 ? .v13 : .v12, applicationProtocol: name)
      chain = session.hasChain ? [] : try handler.peerCertificate.map { [try $0.toDERBytes()] } ?? []
    } catch {
      return closeNow()
    }
    guard !chain.isEmpty else { return proceed() }
    // A resumed session: the client's certificate comes with it, the judgement about it does not.
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    let session = session
    Task {
      await session.verify(chain)
      bound.execute { $0.proceed() }
    }
  }

  private func proceed() {
    guard let context, !done else { return }
    done = true
    do {
      let operations = context.pipeline.syncOperations
      if session.info.applicationProtocol == "h2" {
        try HTTP2Connection.add(to: context, core: core, info: info, predecessor: self)
      } else {
        try operations.addHandler(
          HTTP1Connection(core: core, info: info, predecessor: self), position: .after(self))
      }
      for bytes in early { context.fireChannelRead(wrapInboundOut(bytes)) }
      if !early.isEmpty { context.fireChannelReadComplete() }
      early = []
      operations.removeHandler(context: context, promise: nil)
    } catch {
      closeNow()
    }
  }
}

extension ChannelHandlerContext {
  /// Closes in both directions. NIOSSL leaves the end that the peer then sends to a later close, which does not come,
  /// where a half-closed connection is allowed.
  func closeWithoutHalves() {
    do { try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false) } catch {
      // A channel that is closed already takes no options.
    }
    close(promise: nil)
  }
}
