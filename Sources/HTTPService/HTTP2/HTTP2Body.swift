import NIOCore
import NIOHPACK
import Synchronization

/// The body of a streamed response on HTTP/2: DATA frames, as the client's windows let them go.
final class HTTP2Body: ResponseBody {
  private struct State {
    /// The head that was not sent yet.
    var head: HPACKHeaders?
    /// Bytes that were promised and not written.
    var left: Int?
    var ended = false
  }

  private let state: Mutex<State>
  private let exchange: HTTP2Exchange

  init(head: HPACKHeaders, length: Int?, exchange: HTTP2Exchange) {
    state = Mutex(State(head: head, left: length))
    self.exchange = exchange
  }

  var hasStarted: Bool { state.withLock { $0.head == nil } }

  func start() async throws { if let head = takeHead() { exchange.sendHead(head, flush: true) } }

  func write(_ bytes: ByteBuffer) async throws {
    try state.withLock { state throws(HTTPServiceError) in
      guard !state.ended else { throw HTTPServiceError(.misuse, "the response has already ended") }
      if let left = state.left {
        guard bytes.readableBytes <= left else {
          throw HTTPServiceError(.misuse, "the response is longer than its Content-Length")
        }
        state.left = left - bytes.readableBytes
      }
    }
    if let head = takeHead() { exchange.sendHead(head, flush: false) }
    try await exchange.outbound.write(bytes)
  }

  /// Only after the head, and where no length was promised: that is a stream without an end.
  var broadcastTarget: Broadcast.Target? {
    guard state.withLock({ $0.head == nil && $0.left == nil && !$0.ended }) else { return nil }
    return exchange.broadcastTarget
  }

  var broadcastCount: Int { exchange.outbound.broadcastCount }

  func finish() async throws {
    if let head = takeHead() { exchange.sendHead(head, flush: false) }
    let complete = state.withLock { state in
      state.ended = true
      return state.left ?? 0 == 0
    }
    if complete { exchange.finish() } else { exchange.abort() }
  }

  private func takeHead() -> HPACKHeaders? {
    state.withLock { state in
      defer { state.head = nil }
      return state.head
    }
  }
}
