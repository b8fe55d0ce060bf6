import NIOCore
import NIOSSL

/// Looks at the first bytes of a connection to a TLS listener. A client that speaks plain HTTP is told so in the words
/// of Go's servers; for all others TLS starts. What TLS needs is made only then, so a connection that says nothing
/// costs little.
final class TLSGate: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let session: TLSSession
  private var refused = false

  init(_ session: TLSSession) { self.session = session }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !refused else { return }
    let bytes = unwrapInboundIn(data)
    guard let first = bytes.readableBytesView.first else { return }
    if first >= UInt8(ascii: "A"), first <= UInt8(ascii: "Z") { return refuse(context) }
    do {
      let operations = context.pipeline.syncOperations
      try operations.addHandler(makeTLS(), position: .after(self))
      context.fireChannelRead(wrapInboundOut(bytes))
      operations.removeHandler(context: context, promise: nil)
    } catch {
      context.close(promise: nil)
    }
  }

  private func makeTLS() -> NIOSSLServerHandler {
    let session = session
    var settings = NIOSSLServerHandler.Configuration()
    // What a quiet connection should keep: thousands of watches are quiet most of the time. (swift-nio-ssl 2.37.6 takes no
    // notice: its handler gives its buffer no bound.)
    settings.maximumPreservedOutboundBufferCapacity = 2_048
    return NIOSSLServerHandler(
      context: session.tls.context,
      customVerificationCallback: { certificates, promise in
        let chain: [[UInt8]]
        do { chain = try certificates.map { try $0.toDERBytes() } } catch { return promise.fail(error) }
        Task {
          await session.verify(chain)
          // Accepted or not: see `TLSInfo.Client`.
          promise.succeed(.certificateVerified)
        }
      }, configuration: settings)
  }

  private func refuse(_ context: ChannelHandlerContext) {
    refused = true
    let text = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    // The rest is read and dropped until the client closes or the time for the handshake is over: a reset could
    // overtake the answer.
    context.close(mode: .output, promise: nil)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if refused { context.read() } else { context.fireChannelReadComplete() }
  }
}
