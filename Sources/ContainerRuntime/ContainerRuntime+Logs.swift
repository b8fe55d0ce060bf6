import AsyncWork
import Linux

extension ContainerRuntime {
  /// The entries of a container's log, oldest first. Reads as the caller takes them. With `follow` it goes on until the
  /// container ends, or ends at once where it does not run; cancelling the task that takes them ends it too.
  public func logs(of id: String, _ query: LogQuery) -> AsyncThrowingStream<LogEntry, any Error> {
    let cursor = LogCursor(
      path: paths(id).log, query: query, pool: pool, watch: logWatch,
      isLive: { [weak self] in self?.process(of: id) != nil })
    return AsyncThrowingStream { try await cursor.next() }
  }
}
