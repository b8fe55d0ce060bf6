import AsyncWork
import ImageStore
import Linux
import OCI

/// What a container made of its image: its whole file system, what changed, and how much that takes.
extension ContainerEngine {
  /// A container's file system without its volumes as a tar archive (`docker export`). A stopped container cannot be
  /// started before the archive is read or dropped.
  public func exportContainer(
    _ reference: String
  ) async throws(EngineError) -> AsyncThrowingStream<[UInt8], any Error> {
    let container = try table.find(reference)
    try checkNotRemoved(container.record, "export")
    do {
      let bytes = try OutboundBytes()
      let stream = bytes.stream
      spawn { [self] in
        do {
          try await withLayers(of: container) { root in
            let top = try FileDescriptor.open(root, [.readOnly, .directory])
            let tree = RootedTree(root: top)
            var archive = try TreeArchive { try bytes.write($0) }
            try archive.addContents(of: try tree.hold([], followLast: false), below: nil)
            try archive.finish()
          }
          bytes.end()
        } catch { bytes.end(error) }
      }
      publish(container.record, "export")
      return stream
    } catch { throw EngineError.shaped(error) }
  }

  /// Paths that differ from the image, by path (`docker diff`).
  public func containerChanges(_ reference: String) async throws(EngineError) -> [FileChange] {
    let record = try table.find(reference).record
    do { return try await images.snapshotChanges(record.id) } catch { throw EngineError.shaped(error) }
  }

  /// Bytes that a container wrote, and bytes of all its files, the image's included.
  public func containerSize(_ reference: String) async throws(EngineError) -> (writable: Int64, root: Int64) {
    let record = try table.find(reference).record
    do {
      let writable = try await images.snapshotUsage(record.id)
      guard let id = Digest(record.imageID), let image = try? await images.image(id: id) else {
        return (writable, writable)
      }
      return (writable, writable + image.size)
    } catch { throw EngineError.shaped(error) }
  }

  /// Runs `body` on a thread of its own with the directory where a container's own layers are mounted, no volumes on
  /// them. A stopped container is locked meanwhile.
  func withLayers<Value: Sendable>(
    of container: Container, _ body: @escaping @Sendable (String) throws -> Value
  ) async throws -> Value {
    // A running container's root stays mounted as long as anything has a file of it open.
    if container.record.state.isRunning {
      let root = images.snapshotRoot(container.id)
      return try await OwnThread.run("apus-archive") { try body(root) }
    }
    return try await container.operations.withLock {
      if container.isRemoved { throw EngineError.noSuchContainer(container.id) }
      return try await container.transitions.withLock {
        let wasRunning = container.record.state.isRunning
        let root = try await images.mountSnapshot(container.id)
        let result: Result<Value, any Error>
        do { result = .success(try await OwnThread.run("apus-archive") { try body(root) }) } catch {
          result = .failure(error)
        }
        if !wasRunning { try await images.unmountSnapshot(container.id) }
        return try result.get()
      }
    }
  }

  func checkNotRemoved(_ record: ContainerRecord, _ action: String) throws(EngineError) {
    switch record.state.status {
    case .dead:
      throw EngineError(.conflict, "You cannot \(action) container \(record.id) which is Dead")
    case .removing:
      throw EngineError(.conflict, "You cannot \(action) container \(record.id) which is being removed")
    default: return
    }
  }
}
