import AsyncWork
import ImageStore
import Linux
import Synchronization

/// `docker cp`.
extension ContainerEngine {
  /// What a path in a container is (`HEAD /containers/{id}/archive`).
  public func containerPathStatus(_ reference: String, path: String) async throws(EngineError) -> PathStatus {
    let container = try table.find(reference)
    let wanted = ContainerPath(path)
    do {
      return try await withTree(of: container) { tree, _ in try tree.status(wanted) }
    } catch { throw Self.pathError(error, path, reference) }
  }

  /// A path of a container as a tar archive. A stopped container cannot be started before the archive is read or
  /// dropped.
  public func readArchive(
    _ reference: String, path: String
  ) async throws(EngineError) -> (status: PathStatus, archive: AsyncThrowingStream<[UInt8], any Error>) {
    let container = try table.find(reference)
    let wanted = ContainerPath(path)
    do {
      let bytes = try OutboundBytes()
      let stream = bytes.stream
      let status = try await firstAnswer { answer in
        await self.archive(container, wanted, into: bytes, answer)
      }
      publish(container.record, "archive-path")
      return (status, stream)
    } catch { throw Self.pathError(error, path, reference) }
  }

  private func archive(
    _ container: Container, _ wanted: ContainerPath, into bytes: OutboundBytes,
    _ answer: @escaping @Sendable (Result<PathStatus, any Error>) -> Void
  ) async {
    do {
      try await withTree(of: container) { tree, _ in
        let held = try tree.hold(wanted)
        answer(.success(try tree.status(wanted)))
        var archive = try TreeArchive { try bytes.write($0) }
        try archive.add(held, name: Array(wanted.archiveName.utf8))
        try archive.finish()
      }
      bytes.end()
    } catch {
      bytes.end(error)
      answer(.failure(error))
    }
  }

  /// Unpacks a tar archive (optionally compressed) into a directory of a container.
  ///
  /// - Parameters:
  ///   - noOverwriteDirNonDir: refuses to replace a directory by something else and the other way round.
  ///   - copyUIDGID: gives everything to the container's user instead of the owners in the archive.
  public func writeArchive<Archive: AsyncSequence & Sendable>(
    _ reference: String, path: String, noOverwriteDirNonDir: Bool, copyUIDGID: Bool, archive: Archive
  ) async throws(EngineError) where Archive.Element == [UInt8] {
    let container = try table.find(reference)
    let wanted = ContainerPath(path)
    do {
      let bytes = try InboundBytes()
      let feeding = Task {
        do {
          for try await piece in archive { guard await bytes.send(piece) else { return } }
          bytes.end()
        } catch { bytes.end(error) }
      }
      defer { feeding.cancel() }
      defer { bytes.abandon() }
      try await withTree(of: container) { tree, record in
        let held = try tree.reader.hold(wanted.bytes, followLast: true)
        guard held.status.kind == .directory else {
          throw EngineError(.invalidParameter, "extraction point is not a directory")
        }
        let destination = try tree.evaluate(wanted.absolute)
        try Self.checkWritable(destination, record)
        var extraction = TreeExtraction()
        extraction.keepKinds = noOverwriteDirNonDir
        if copyUIDGID { extraction.owner = try ContainerUser.resolve(record.definition.user ?? "", in: tree) }
        try extraction.extract(into: tree.reader.root, below: Array(destination.utf8.dropFirst())) {
          try bytes.read(into: &$0)
        }
      }
      publish(container.record, "extract-to-dir")
    } catch { throw Self.pathError(error, path, reference) }
  }

  /// Docker's order: a mount decides about what is on it, the root file system about the rest.
  static func checkWritable(_ path: String, _ record: ContainerRecord) throws(EngineError) {
    let covering = record.mounts.filter { path == $0.destination || path.hasPrefix($0.destination + "/") }
      .max { $0.destination.utf8.count < $1.destination.utf8.count }
    if let covering {
      if covering.readOnly { throw EngineError(.forbidden, "mounted volume is marked read-only") }
    } else if record.definition.readOnlyRoot {
      throw EngineError(.forbidden, "container rootfs is marked read-only")
    }
  }

  /// Docker's words for a path that is not there; other failures keep theirs.
  static func pathError(_ error: any Error, _ path: String, _ reference: String) -> EngineError {
    if let error = error as? SystemError, error.code == .noEntry || error.code == .notDirectory {
      return EngineError(.notFound, "Could not find the file \(path) in container \(reference)", cause: error)
    }
    if let error = error as? ArchiveError {
      return EngineError(.invalidParameter, "Error processing tar file: \(error)", cause: error)
    }
    return EngineError.shaped(error)
  }

  /// Runs `body` on a thread of its own with the container's file system.
  ///
  /// A running container is not held up. A stopped one is locked meanwhile, so that its start and this view never mount
  /// its layers at the same time.
  func withTree<Value: Sendable>(
    of container: Container, _ body: @escaping @Sendable (ContainerTree, ContainerRecord) throws -> Value
  ) async throws -> Value {
    let running = container.record
    if running.state.isRunning {
      let value: Value? = try await OwnThread.run("apus-archive") {
        guard let root = try ContainerView.running(running) else { return nil }
        return try body(ContainerTree(root: root), running)
      }
      if let value { return value }
    }
    return try await container.operations.withLock {
      let record = container.record
      if container.isRemoved { throw EngineError.noSuchContainer(record.id) }
      if record.state.isRunning {
        // It was started while this waited for the lock.
        let value: Value? = try await OwnThread.run("apus-archive") {
          guard let root = try ContainerView.running(record) else { return nil }
          return try body(ContainerTree(root: root), record)
        }
        if let value { return value }
      }
      return try await container.transitions.withLock { try await stoppedView(container.record, body) }
    }
  }

  private func stoppedView<Value: Sendable>(
    _ record: ContainerRecord, _ body: @escaping @Sendable (ContainerTree, ContainerRecord) throws -> Value
  ) async throws -> Value {
    guard !record.state.isRunning else {
      throw EngineError(.conflict, "container \(record.id) is ending: try again")
    }
    var acquired: [String] = []
    do {
      for mount in record.mounts where mount.kind == .volume {
        try await volumes.acquire(mount.name, for: record.id)
        acquired.append(mount.name)
      }
      let root = try await images.mountSnapshot(record.id)
      let result: Result<Value, any Error>
      do {
        result = .success(
          try await OwnThread.run("apus-archive") {
            try body(ContainerTree(root: try ContainerView.assemble(record, mountedAt: root)), record)
          })
      } catch { result = .failure(error) }
      try await images.unmountSnapshot(record.id)
      for name in acquired { await volumes.release(name, by: record.id) }
      return try result.get()
    } catch {
      for name in acquired { await volumes.release(name, by: record.id) }
      throw error
    }
  }

  /// Starts work that goes on after its first answer; returns that answer. Later ones are dropped.
  private func firstAnswer<Value: Sendable>(
    _ work: @escaping @Sendable (@escaping @Sendable (Result<Value, any Error>) -> Void) async -> Void
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let box = AnswerBox(continuation)
      spawn { await work { box.take()?.resume(with: $0) } }
    }
  }
}

/// Gives a continuation to the first who asks.
private final class AnswerBox<Value: Sendable>: Sendable {
  private let waiting: Mutex<CheckedContinuation<Value, any Error>?>
  init(_ continuation: CheckedContinuation<Value, any Error>) { waiting = Mutex(continuation) }
  func take() -> CheckedContinuation<Value, any Error>? {
    waiting.withLock { waiting in
      let continuation = waiting
      waiting = nil
      return continuation
    }
  }
}
