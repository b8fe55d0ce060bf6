import Linux

/// The file of a store and those beside it. All of it blocks.
enum StoreFile {
  /// What SQLite keeps beside a database.
  static let companions = ["-wal", "-shm"]

  /// Keeps other processes away from the file until it is closed, or this process ends.
  static func lock(_ path: String) throws -> FileDescriptor {
    let lock = try FileDescriptor.open(path + ".lock", [.readWrite, .create], mode: 0o600)
    let refusal = refusal(of: lock)
    if refusal?.code == .tryAgain {
      throw StoreError(.busy, "another process has the store \(path) open", cause: refusal)
    }
    if let refusal { throw refusal }
    return lock
  }

  private static func refusal(of lock: FileDescriptor) -> SystemError? {
    do throws(SystemError) { try lock.tryLock() } catch { return error }
    return nil
  }

  /// Opens the file for writing; a new one is nobody else's to read.
  static func open(_ path: String) throws -> SQLiteConnection {
    guard !FileSystem.exists(restoring(path)) else {
      throw StoreError(
        .failed, "the store \(path) was being restored when that was broken off: restore the snapshot again")
    }
    try FileDescriptor.open(path, [.readWrite, .create], mode: 0o600).close()
    return try SQLiteConnection(path: path, .readWrite)
  }

  static func size(_ path: String) throws -> Int64 { Int64(try FileStatus(path: path).size) }

  /// The mark of a restore that is going on.
  static func restoring(_ path: String) -> String { path + ".restoring" }
}
