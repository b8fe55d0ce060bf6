import AsyncWork
import Linux
import Synchronization

/// Tells who follows a log that something was written, and begins a new file when one is full. One inotify instance
/// for all containers; nothing looks at a file unless the kernel said that it changed.
final class LogWatch: Sendable {
  private struct State {
    var watches: [Int32: String] = [:]
    var numbers: [String: Int32] = [:]
    var listeners: [String: [UInt64: AsyncStream<Void>.Continuation]] = [:]
    var ticket: UInt64 = 0
    var rotations: [String: Task<Void, Never>] = [:]
  }
  private let state = Mutex(State())
  private let inotify: Inotify
  /// Held while files change their names, so that a reader opens a consistent set.
  let names = Mutex(())

  init(reactor: Reactor) throws {
    inotify = try Inotify()
    Task { [inotify, weak self] in
      while true {
        do {
          try await reactor.waitReadable(inotify.descriptor)
          guard let self else { return }
          self.deliver(try inotify.events())
        } catch {
          guard !(error is CancellationError) else { return }
          return StandardError.write("apus: logs are no longer followed, nor begun anew when they are full: \(error)\n")
        }
      }
    }
  }

  private func deliver(_ events: [Inotify.Event]) {
    state.withLock { state in
      let all = events.contains { $0.mask.contains(.overflow) }
      let directories = all ? Set(state.listeners.keys) : Set(events.compactMap { state.watches[$0.watch] })
      for directory in directories {
        for continuation in (state.listeners[directory] ?? [:]).values { continuation.yield() }
      }
    }
  }

  /// A signal whenever a file in `directory` was written, made or renamed; the first comes at once.
  func changes(in directory: String) throws -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let ticket = try state.withLock { state in
      if state.numbers[directory] == nil {
        let number = try inotify.add(directory, [.modified, .created, .movedTo])
        state.numbers[directory] = number
        state.watches[number] = directory
      }
      state.ticket += 1
      state.listeners[directory, default: [:]][state.ticket] = continuation
      return state.ticket
    }
    continuation.onTermination = { [weak self] _ in self?.forget(directory, ticket) }
    continuation.yield()
    return stream
  }

  private func forget(_ directory: String, _ ticket: UInt64) {
    state.withLock { state in
      state.listeners[directory]?[ticket] = nil
      guard state.listeners[directory]?.isEmpty ?? true else { return }
      state.listeners[directory] = nil
      if let number = state.numbers.removeValue(forKey: directory) {
        state.watches[number] = nil
        inotify.remove(number)
      }
    }
  }

  /// Wakes those who follow a log for another reason than a write: its container ended.
  func wake(_ directory: String) {
    state.withLock { state in
      for continuation in (state.listeners[directory] ?? [:]).values { continuation.yield() }
    }
  }

  // MARK: rotation

  /// Begins a new file whenever the current one has reached its size, until `stopRotating`.
  func rotate(_ paths: ContainerPaths, _ rotation: LogRotation, pool: BlockingPool) {
    guard let limit = rotation.maximumSize, limit > 0 else { return }
    let task = Task { [self] in
      // A log that cannot be rotated goes on growing; the container's life is worth more. What is wrong is told when it
      // begins, and the next write tries again.
      var told: String?
      func tell(_ error: any Error) {
        let text = "apus: cannot rotate the log of container \(paths.id): \(error)\n"
        if text != told { StandardError.write(text) }
        told = text
      }
      do {
        var asked: UInt64?
        for await _ in try changes(in: paths.dataDirectory) {
          do {
            asked = try await pool.run { [self, asked] in
              try rotateIfFull(paths, limit: limit, keep: rotation.maximumFiles, asked: asked)
            }
            told = nil
          } catch { tell(error) }
        }
      } catch { tell(error) }
    }
    state.withLock { state in
      state.rotations[paths.id]?.cancel()
      state.rotations[paths.id] = task
    }
  }

  func stopRotating(_ id: String) {
    let task = state.withLock { $0.rotations.removeValue(forKey: id) }
    task?.cancel()
  }

  /// The monitor holds the old file open and writes into it until it is told to open the path anew, which makes the new
  /// file: no line falls between. It must be told once only, because it empties what it opens: `asked` is the file for
  /// which it was told last. Blocks.
  private func rotateIfFull(
    _ paths: ContainerPaths, limit: Int64, keep: Int, asked: UInt64?
  ) throws -> UInt64? {
    guard let status = try current(paths) else {
      // Moved, and not made anew yet: it is about to be. If the monitor took the word and did nothing, or an earlier engine
      // ended at this point, it is told again.
      if try MonitorControl.isRead(paths.control) {
        Threads.pause(milliseconds: 20)
        if try current(paths) == nil, try MonitorControl.isRead(paths.control) {
          try MonitorControl.reopenLog(paths.control)
        }
      }
      return asked
    }
    if status.size < limit || status.inode == asked { return asked }
    try names.withLock { _ in try LogFiles(path: paths.log).shift(keep: keep) }
    try MonitorControl.reopenLog(paths.control)
    return status.inode
  }

  private func current(_ paths: ContainerPaths) throws -> FileStatus? {
    do { return try FileStatus(path: paths.log) } catch {
      if error.code == .noEntry { return nil }
      throw error
    }
  }
}
