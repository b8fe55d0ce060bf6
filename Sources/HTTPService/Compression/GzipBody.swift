import NIOCore
import Synchronization

/// A streamed body that is compressed once it has passed the threshold. Until then its bytes wait, because the head
/// says whether they are compressed.
final class GzipBody: ResponseBody {
  private enum Mode {
    case undecided([ByteBuffer], count: Int)
    case plain(any ResponseBody)
    case compressed(any ResponseBody, Encoder)
  }
  /// For the one task that writes.
  private final class Encoder: Sendable {
    private let encoder: Mutex<GzipEncoder>
    init() throws { encoder = Mutex(try GzipEncoder()) }
    func encode(_ bytes: ByteBuffer, finish: Bool) throws -> ByteBuffer {
      try encoder.withLock { try $0.encode(bytes, finish: finish) }
    }
  }

  private let mode = Mutex(Mode.undecided([], count: 0))
  private let response: Response
  private let threshold: Int
  private let exchange: any Exchange

  init(_ response: Response, threshold: Int, _ exchange: any Exchange) {
    self.response = response
    self.threshold = threshold
    self.exchange = exchange
  }

  var hasStarted: Bool {
    switch mode.withLock({ $0 }) {
    case .undecided: false
    case .plain(let body), .compressed(let body, _): body.hasStarted
    }
  }

  /// A client that wants the head at once gets the body as it comes.
  func start() async throws { try await settle(plain: true).start() }

  func write(_ bytes: ByteBuffer) async throws {
    switch mode.withLock({ $0 }) {
    case .undecided(let waiting, let count):
      mode.withLock { $0 = .undecided(waiting + [bytes], count: count + bytes.readableBytes) }
      if count + bytes.readableBytes > threshold { _ = try await settle(plain: false) }
    case .plain(let body): try await body.write(bytes)
    case .compressed(let body, let encoder):
      let compressed = try encoder.encode(bytes, finish: false)
      if compressed.readableBytes > 0 { try await body.write(compressed) }
    }
  }

  func finish() async throws {
    if case .undecided(let waiting, let count) = mode.withLock({ $0 }) {
      var response = response
      response.headers["Content-Length"] = String(count)
      let body = exchange.makeBody(of: response)
      mode.withLock { $0 = .plain(body) }
      for piece in waiting { try await body.write(piece) }
      return try await body.finish()
    }
    switch mode.withLock({ $0 }) {
    case .undecided: break
    case .plain(let body): try await body.finish()
    case .compressed(let body, let encoder):
      try await body.write(try encoder.encode(ByteBuffer(), finish: true))
      try await body.finish()
    }
  }

  /// Decides, and writes what has waited.
  private func settle(plain: Bool) async throws -> any ResponseBody {
    guard case .undecided(let waiting, _) = mode.withLock({ $0 }) else {
      return switch mode.withLock({ $0 }) {
      case .plain(let body), .compressed(let body, _): body
      case .undecided: exchange.makeBody(of: response)
      }
    }
    if plain {
      let body = exchange.makeBody(of: response)
      mode.withLock { $0 = .plain(body) }
      for piece in waiting { try await body.write(piece) }
      return body
    }
    let body = exchange.makeBody(of: Compression.labelled(response))
    let encoder = try Encoder()
    mode.withLock { $0 = .compressed(body, encoder) }
    for piece in waiting { try await write(piece) }
    return body
  }
}
