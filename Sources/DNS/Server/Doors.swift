import Linux

/// A listener's UDP socket.
final class DatagramDoor: LoopSource {
  private let listener: Listener
  init(_ listener: Listener) { self.listener = listener }

  /// Datagrams at a time, so that one busy listener does not starve the others.
  private static let batch = 64

  func ready(_ readiness: Readiness, _ loop: ServerLoop) {
    for _ in 0..<Self.batch {
      do throws(SystemError) {
        guard try loop.queries.receive(from: listener.datagrams, destination: listener.isForAll) else { return }
      } catch { return }
      let outcome = listener.serve(loop.queries.bytes, count: loop.queries.count, from: .currentDatagram, loop)
      // What cannot be sent is lost, as datagrams are: the client asks again.
      if outcome == .answered { try? loop.queries.reply(loop.writer.bytes, from: listener.datagrams) }
    }
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
