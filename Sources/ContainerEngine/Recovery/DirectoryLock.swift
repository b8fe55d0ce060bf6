import Linux

/// Holds a data directory for one engine: the kernel lets go of the lock when the process ends, however it ends. Taking it
/// blocks.
final class DirectoryLock: Sendable {
  private let file: FileDescriptor

  init(_ directory: String) throws {
    let path = directory + "/engine.lock"
    file = try FileDescriptor.open(path, [.readWrite, .create], mode: 0o600)
    do throws(SystemError) { try file.lock() } catch {
      guard error.code == .tryAgain else { throw error }
      throw EngineError(
        .conflict,
        "another engine uses the data directory \(directory): stop it, or give this one its own with --data-dir")
    }
  }
}
