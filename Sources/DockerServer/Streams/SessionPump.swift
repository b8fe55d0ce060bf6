import ContainerEngine
import ContainerRuntime
import HTTPService

/// Carries bytes between a client's connection and an attached process.
enum SessionPump {
  /// Runs until the process's output has ended, the client has detached, or the client has gone.
  ///
  /// - Parameter multiplexed: Whether output carries ``MultiplexedFrame`` headers; a terminal's never does.
  static func run(_ session: AttachSession, _ connection: RawConnection, input: Bool, multiplexed: Bool) async {
    await withTaskCancellationHandler {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await carryInput(session, connection, wanted: input) }
        await carryOutput(session, connection, multiplexed: multiplexed)
        session.close()
        group.cancelAll()
      }
    } onCancel: {
      session.close()
    }
  }

  private static func carryOutput(_ session: AttachSession, _ connection: RawConnection, multiplexed: Bool) async {
    do {
      for try await chunk in session.output {
        try await connection.write(multiplexed ? MultiplexedFrame.frame(chunk.stream, chunk.bytes) : chunk.bytes)
      }
    } catch {
      // Either side has gone; the other learns of it by the close.
    }
  }

  private static func carryInput(_ session: AttachSession, _ connection: RawConnection, wanted: Bool) async {
    do {
      for try await bytes in connection where wanted { try await session.write(bytes) }
      if wanted { await session.closeInput() }
    } catch {
      // The connection broke: nobody reads the output any more.
      session.close()
    }
  }
}
