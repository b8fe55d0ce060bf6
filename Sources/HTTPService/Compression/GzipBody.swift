import NIOCore
import Synchronization

/// A streamed body that is compressed once it has passed the threshold. Until then its bytes wait, because the head
/// says whether they are compressed. For one task at a time.
final class GzipBody: ResponseBody {
  private enum Mode {
    case undecided([ByteBuffer])
    case plain(any ResponseBody)
    case compressed(any ResponseBody, Encoder)
  }

  /// The encoder's state, which only the task that writes touches.
  private final class Encoder: Sendable {
    private let encoder: Mutex<GzipEncoder>
    init() throws { encoder = Mutex(try GzipEncoder()) }
    func encode(_ bytes: ByteBuffer, finish: Bool) throws -> ByteBuffer {
      try encoder.withLock { try $0.encode(bytes, finish: finish) }
    }
  }

  private let mode = Mutex(Mode.undecided([]))
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

  func start() async throws {
    // A client that is to have the head at once gets the body as it comes.
    if case .undecided = mode.withLock({ $0 }) { try await settle(.plain(exchange.makeBody(of: response))) }
    switch mode.withLock({ $0 }) {
    case .undecided: break
    case .plain(let body), .compressed(let body, _): try await body.start()
    }
  }

  func write(_ bytes: ByteBuffer) async throws {
    guard case .undecided(let waiting) = mode.withLock({ $0 }) else { return try await forward(bytes) }
    let all = waiting + [bytes]
    mode.withLock { $0 = .undecided(all) }
    guard all.readableBytes > threshold else { return }
    try await settle(.compressed(exchange.makeBody(of: Compression.labelled(response)), try Encoder()))
  }

  func finish() async throws {
    if case .undecided(let waiting) = mode.withLock({ $0 }) {
      var response = response
      response.headers["Content-Length"] = String(waiting.readableBytes)
      try await settle(.plain(exchange.makeBody(of: response)))
    }
    switch mode.withLock({ $0 }) {
    case .undecided: break
    case .plain(let body): try await body.finish()
    case .compressed(let body, let encoder):
      try await body.write(try encoder.encode(ByteBuffer(), finish: true))
      try await body.finish()
    }
  }

  /// Decides, and sends what has waited.
  private func settle(_ new: Mode) async throws {
    let waiting = mode.withLock { mode -> [ByteBuffer] in
      defer { mode = new }
      if case .undecided(let waiting) = mode { return waiting }
      return []
    }
    for bytes in waiting { try await forward(bytes) }
  }

  private func forward(_ bytes: ByteBuffer) async throws {
    switch mode.withLock({ $0 }) {
    case .undecided: break
    case .plain(let body): try await body.write(bytes)
    case .compressed(let body, let encoder):
      let compressed = try encoder.encode(bytes, finish: false)
      if compressed.readableBytes > 0 { try await body.write(compressed) }
    }
  }
}
