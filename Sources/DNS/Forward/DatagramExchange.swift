import Linux

/// A question by UDP. The socket is connected: the kernel lets in only what comes from the upstream, and tells when it
/// refuses (udp(7)).
final class DatagramExchange: Exchange {
  let socket: FileDescriptor
  let interest: Readiness = .readable
  private let check: AnswerCheck

  /// Asks. Throws where the kernel knows already that nobody will answer.
  init(_ upstream: Upstream, _ query: Query, _ bytes: [UInt8]) throws {
    check = AnswerCheck(query, bytes)
    socket = try upstream.openSocket(.datagram)
    try Sockets.connect(socket, to: upstream.socketAddress)
    _ = try Sockets.send(check.request, to: socket)
  }

  func proceed(_ loop: ServerLoop) -> ExchangeProgress {
    // More than a few are a flood of forgeries: what is right may still be behind them, at the next wake-up.
    for _ in 0..<16 {
      do throws(SystemError) {
        guard try loop.answers.receive(from: socket) else { return .waiting }
      } catch { return .failed }
      switch check.verdict(loop.answers.bytes, count: loop.answers.count) {
      case .answer: return .answer(Array(loop.answers.bytes[..<loop.answers.count]))
      case .failure: return .failed
      case .foreign: continue
      }
    }
    return .waiting
  }
}
