import NIOCore
import NIOHPACK
import NIOHTTP2

/// Who is told what a call brings; called where the connection's events are, in order: it must be quick.
protocol GRPCReceiver: Sendable {
  func receive(_ message: ByteBuffer)
  /// Once, and nothing after it.
  /// - Parameter fault: nil where the call ended well.
  func end(_ fault: GRPCFault?)
}

/// One call on its HTTP/2 stream (gRPC over HTTP/2): sends the head, takes the answer apart.
final class GRPCStreamHandler: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame.FramePayload
  typealias OutboundOut = HTTP2Frame.FramePayload

  /// Bytes; etcd's own limit of a request is far lower, that of a list is none.
  private static let largestMessage = 256 << 20

  private let head: HPACKHeaders
  /// Sent with the head, as the only message; nil for a call that sends more later.
  private let request: ByteBuffer?
  /// How long the other side may be silent; nil for as long as it likes.
  private let patience: TimeAmount?
  private let receiver: any GRPCReceiver

  private var messages = GRPCMessages(limit: largestMessage)
  private var hasAnswer = false
  private var status: GRPCStatus?
  private var timer: Scheduled<Void>?
  private var isOver = false
  private var wasRefused = false

  init(head: HPACKHeaders, request: ByteBuffer?, patience: TimeAmount?, receiver: any GRPCReceiver) {
    self.head = head
    self.request = request
    self.patience = patience
    self.receiver = receiver
  }

  func channelActive(context: ChannelHandlerContext) {
    context.write(wrapOutboundOut(.headers(.init(headers: head))), promise: nil)
    if let request {
      let data = HTTP2Frame.FramePayload.Data(data: .byteBuffer(GRPCMessages.framed(request)), endStream: true)
      context.write(wrapOutboundOut(.data(data)), promise: nil)
    }
    context.flush()
    wait(context)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isOver else { return }
    wait(context)
    switch unwrapInboundIn(data) {
    case .headers(let frame): take(frame.headers, isLast: frame.endStream, context)
    case .data(let frame):
      if case .byteBuffer(var bytes) = frame.data { messages.append(&bytes) }
      do throws(GRPCFault) {
        while !isOver, let message = try messages.next() { receiver.receive(message) }
      } catch { return finish(error, context) }
      if frame.endStream { finish(ended, context) }
    default: break
    }
  }

  private func take(_ headers: HPACKHeaders, isLast: Bool, _ context: ChannelHandlerContext) {
    if let text = headers.first(name: "grpc-status") {
      guard let code = Int(text) else {
        return finish(GRPCFault(.malformed, "the status \(text) is no number"), context)
      }
      status = GRPCStatus(code: code, message: headers.first(name: "grpc-message").map(GRPCStatus.decode) ?? "")
    } else if !hasAnswer {
      let http = headers.first(name: ":status") ?? ""
      guard http == "200" else { return finish(Self.refusal(http), context) }
      guard headers.first(name: "content-type")?.hasPrefix("application/grpc") == true else {
        return finish(GRPCFault(.malformed, "what answers does not speak gRPC"), context)
      }
    }
    hasAnswer = true
    if isLast { finish(ended, context) }
  }

  /// What the stream's end means.
  private var ended: GRPCFault? {
    guard let status else { return GRPCFault(.lost, "the answer ended without a status") }
    guard status.code == 0 else {
      return GRPCFault(.refused(status.code), status.message.isEmpty ? "status \(status.code)" : status.message)
    }
    return messages.isPartial ? GRPCFault(.malformed, "the answer ends in the middle of a message") : nil
  }

  /// An answer by something that stands before the server (gRPC, "HTTP to gRPC Status Code Mapping").
  private static func refusal(_ status: String) -> GRPCFault {
    ["429", "502", "503", "504"].contains(status)
      ? GRPCFault(.lost, "HTTP status \(status)") : GRPCFault(.malformed, "HTTP status \(status) without a gRPC status")
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let closed = event as? StreamClosedEvent, closed.reason == .refusedStream { wasRefused = true }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    let isUntouched = wasRefused || (error as? NIOHTTP2Errors.StreamClosed)?.errorCode == .refusedStream
    finish(GRPCFault(isUntouched ? .notSent : .lost, "\(error)", cause: error), context)
  }

  func channelInactive(context: ChannelHandlerContext) {
    finish(GRPCFault(wasRefused ? .notSent : .lost, "the connection was closed before the answer"), context)
    context.fireChannelInactive()
  }

  private func finish(_ fault: GRPCFault?, _ context: ChannelHandlerContext) {
    guard !isOver else { return }
    isOver = true
    timer?.cancel()
    receiver.end(fault)
    context.close(promise: nil)
  }

  private func wait(_ context: ChannelHandlerContext) {
    guard let patience, !isOver else { return }
    timer?.cancel()
    timer = context.eventLoop.assumeIsolated().scheduleTask(in: patience) {
      self.finish(GRPCFault(.lost, "no answer within \(patience.nanoseconds / 1_000_000) ms"), context)
    }
  }
}
