import NIOCore
import NIOHTTP2
import NIOTLS

/// Looks after one connection: tells when it is ready for calls, asks now and then whether the other side still lives
/// (HTTP/2 PING), and notices when it takes no more calls (GOAWAY).
final class GRPCKeepalive: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame
  typealias OutboundOut = HTTP2Frame

  /// etcd ends a connection that asks more often than every five seconds, or without a call that waits.
  private static let period = TimeAmount.seconds(10)
  private static let patience = TimeAmount.seconds(5)

  private let state: GRPCConnection.State
  private let isSecure: Bool
  private var ready: EventLoopPromise<Void>?
  private var ping: Scheduled<Void>?
  private var answer: Scheduled<Void>?
  private var number: UInt64 = 0

  /// - Parameter ready: succeeds when the other side has said that it speaks HTTP/2; fails otherwise.
  init(_ state: GRPCConnection.State, isSecure: Bool, ready: EventLoopPromise<Void>) {
    self.state = state
    self.isSecure = isSecure
    self.ready = ready
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data).payload {
    case .settings(.settings):
      guard let ready else { break }
      self.ready = nil
      start(context)
      ready.succeed()
    case .ping(_, ack: true):
      answer?.cancel()
      answer = nil
    // What is under way ends as it may; NIO's own handler closes once nothing is left.
    case .goAway: state.retire()
    default: break
    }
  }

  private func start(_ context: ChannelHandlerContext) {
    ping = context.eventLoop.assumeIsolated().scheduleTask(in: Self.period) {
      self.ask(context)
      self.start(context)
    }
  }

  private func ask(_ context: ChannelHandlerContext) {
    guard state.hasCalls, answer == nil else { return }
    number += 1
    let ping = HTTP2Frame(streamID: .rootStream, payload: .ping(HTTP2PingData(withInteger: number), ack: false))
    context.writeAndFlush(wrapOutboundOut(ping), promise: nil)
    answer = context.eventLoop.assumeIsolated().scheduleTask(in: Self.patience) {
      self.fail(context, GRPCFault(.lost, "the other side gives no sign of life any more"))
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if isSecure, case .handshakeCompleted(let chosen)? = event as? TLSUserEvent, chosen != "h2" {
      fail(
        context,
        GRPCFault(.malformed, "it does not offer HTTP/2 over TLS" + (chosen.map { ", but \($0)" } ?? "")))
    }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { fail(context, error) }

  func channelInactive(context: ChannelHandlerContext) {
    stop(GRPCFault(.notSent, "the connection was closed before it was in use"))
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    stop(GRPCFault(.notSent, "the connection was closed before it was in use"))
  }

  private func fail(_ context: ChannelHandlerContext, _ error: any Error) {
    stop(error)
    context.close(promise: nil)
  }

  private func stop(_ error: any Error) {
    state.retire()
    ping?.cancel()
    answer?.cancel()
    ready?.fail(error)
    ready = nil
  }
}
