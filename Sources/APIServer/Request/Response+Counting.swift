import HTTPService
import Synchronization

extension Response {
  /// The same response, which tells how many bytes were sent once its stream has ended, or nobody wants it any more.
  func counting(_ end: @escaping @Sendable (Int) -> Void) -> Response {
    guard case .stream(let options, let write) = body else { return self }
    let sent = SentBytes(end)
    var response = self
    response.body = .stream(options) { writer in
      defer { sent.count.store(writer.written, ordering: .relaxed) }
      try await write(writer)
    }
    return response
  }
}

private final class SentBytes: Sendable {
  let count = Atomic(0)
  private let end: @Sendable (Int) -> Void
  init(_ end: @escaping @Sendable (Int) -> Void) { self.end = end }
  deinit { end(count.load(ordering: .relaxed)) }
}
