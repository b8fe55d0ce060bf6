import NIOCore

/// Sends to many clients in one go: each event loop is woken once for all of its connections, where each piece for each
/// client would else be a call of its own.
public final class Broadcast {
  /// A client's body that has begun and has no end of its own: see `ResponseWriter.broadcastTarget`.
  public struct Target: Sendable {
    let stream: OutboundStream
    /// The body goes out in chunks (RFC 9112, section 7.1).
    var isChunked = false
    /// Nil for one of HTTP/1.1.
    var http2: NIOLoopBound<HTTP2Stream>?
  }

  /// Who has something to send, by the loop of their connections. There are few loops.
  private var due: [(loop: any EventLoop, streams: [OutboundStream])] = []

  private init() {}

  /// Offers what `offers` says and sends what was taken: not before it returns, and so also from an event loop.
  public static func send(_ offers: (Broadcast) throws -> Void) rethrows {
    let broadcast = Broadcast()
    // What was taken before an error is sent too.
    defer { broadcast.send() }
    try offers(broadcast)
  }

  /// Sends a piece without a task: what tells thousands of clients the same need not wake a task for each.
  ///
  /// For whoever knows that no task writes meanwhile. What is offered and what is written arrive in their order.
  /// - Returns: false where the client is too slow at present or has gone; nothing is sent then, and `ResponseWriter.write`
  ///   sends it, or says why not.
  public func offer(_ bytes: ByteBuffer, to target: Target) -> Bool {
    guard bytes.readableBytes > 0 else { return true }
    var piece = bytes
    if target.isChunked {
      piece = ByteBuffer()
      HTTP1Body.writeChunk(bytes, to: &piece)
    }
    switch target.stream.offer(piece, count: bytes.readableBytes) {
    case .refused: return false
    case .joined: return true
    case .first:
      add(target.stream)
      return true
    }
  }

  private func add(_ stream: OutboundStream) {
    let place = due.firstIndex { $0.loop === stream.eventLoop }
    if let place { due[place].streams.append(stream) } else { due.append((stream.eventLoop, [stream])) }
  }

  private func send() {
    for (loop, streams) in due {
      loop.execute { for stream in streams { stream.drain() } }
    }
    due = []
  }
}
