import Linux

/// A listener's UDP socket.
final class DatagramDoor: LoopSource {
  private let listener: Listener
  init(_ listener: Listener) { self.listener = listener }

  /// One batch at a time, so that one busy listener does not starve the others.
  func ready(_ readiness: Readiness, _ loop: ServerLoop) {
    let queries = loop.queries
    let socket = listener.datagrams
    let count: Int
    do throws(SystemError) { count = try queries.receive(from: socket, destination: listener.isForAll) } catch {
      return
    }
    for index in 0..<count {
      queries.choose(index)
      let outcome = listener.serve(queries.bytes, count: queries.count, from: .currentDatagram, loop)
      if outcome == .answered { queries.answer(loop.writer.bytes, from: socket) }
    }
    queries.send(from: socket)
  }

  func expired(_ token: UInt64, _ loop: ServerLoop) {}
}

/// A listener's TCP socket.
final class ConnectionDoor: LoopSource {
  private let listener: Listener
  init(_ listener: Listener) { self.listener = listener }

  private static let batch = 16

  func ready(_ readiness: Readiness, _ loop: ServerLoop) {
    for _ in 0..<Self.batch {
      do throws(SystemError) {
        listener.welcome(try Sockets.accept(listener.connections).connection, loop)
      } catch {
        switch error.code {
        case .tryAgain: return
        case .connectionAborted: continue
        default:
          // No descriptor is left: the connection stays where it is, and would wake us again and again.
          return pause(loop)
        }
      }
    }
  }

  func expired(_ token: UInt64, _ loop: ServerLoop) {
    if !loop.rearm(listener.connections, .readable, token) { pause(loop) }
  }

  private func pause(_ loop: ServerLoop) {
    loop.rest(listener.connections)
    loop.call(listener.id.connections, at: Clock.monotonic + loop.settings.pauseWithoutDescriptors.nanoseconds)
  }
}

extension Errno {
  /// The client left before its connection was taken (accept(2)).
  static let connectionAborted = Errno(rawValue: 103)
}
