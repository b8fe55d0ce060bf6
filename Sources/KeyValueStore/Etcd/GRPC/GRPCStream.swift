import NIOCore
import NIOHTTP2
import Synchronization

/// The sending half of a call.
struct GRPCStream: Sendable {
  let channel: any Channel

  /// In the order of the calls; what cannot be sent any more is told by the call's end.
  func send(_ message: ByteBuffer) {
    let data = HTTP2Frame.FramePayload.Data(data: .byteBuffer(GRPCMessages.framed(message)))
    channel.writeAndFlush(HTTP2Frame.FramePayload.data(data), promise: nil)
  }

  func cancel() { channel.close(promise: nil) }
}

/// Waits for the one answer of a call.
final class GRPCUnary: GRPCReceiver {
  private struct State {
    var message: ByteBuffer?
    var promise: EventLoopPromise<ByteBuffer>?
  }
  private let state: Mutex<State>
  private let result: EventLoopFuture<ByteBuffer>

  init(_ eventLoop: any EventLoop) {
    let promise = eventLoop.makePromise(of: ByteBuffer.self)
    state = Mutex(State(promise: promise))
    result = promise.futureResult
  }

  func receive(_ message: ByteBuffer) { state.withLock { $0.message = $0.message ?? message } }

  func end(_ fault: GRPCFault?) {
    let (promise, message) = state.withLock { state in
      defer { state.promise = nil }
      return (state.promise, state.message)
    }
    if let fault {
      promise?.fail(fault)
    } else if let message {
      promise?.succeed(message)
    } else {
      promise?.fail(GRPCFault(.malformed, "the answer is empty"))
    }
  }

  func answer() async -> Result<ByteBuffer, GRPCFault> {
    do { return .success(try await result.get()) } catch {
      return .failure((error as? GRPCFault) ?? GRPCFault(.lost, "\(error)", cause: error))
    }
  }
}
