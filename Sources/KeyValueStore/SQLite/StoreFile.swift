import Linux

/// The file of a store and those beside it. All of it blocks.
enum StoreFile {
  /// Bytes that the lock's file holds for a start on a full disk: SQLite needs some beside the database even to read.
  private static let reserve = 1 << 16
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
    // Where there is no room for it now there may be next time.
    if try FileStatus(path: path + ".lock").size < reserve {
      do { try lock.writeAll(Array(repeating: 0, count: reserve)) } catch {
        guard error.code == .noSpace else { throw error }
      }
    }
    return lock
  }

  /// Gives away what was held for a full disk.
  static func giveReserve(_ lock: FileDescriptor) throws { try lock.truncate(to: 0) }

  private static func refusal(of lock: FileDescriptor) -> SystemError? {
    do throws(SystemError) { try lock.lock() } catch { return error }
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

  /// Removes a file that was to become a store, and what SQLite left beside it.
  static func discard(_ path: String) {
    for end in ["", "-journal"] + companions where FileSystem.exists(path + end) {
      try? FileSystem.removeFile(path + end)
    }
  }

  /// The mark of a restore that is going on.
  static func restoring(_ path: String) -> String { path + ".restoring" }
}
