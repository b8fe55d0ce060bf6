import AsyncWork
import ContainerEngine
import Linux

/// A file of the operator's that says how the server is to be: it is read at the start, and followed while the server runs.
struct FollowedFile: Sendable {
  let path: String
  /// What it held at the start.
  let bytes: [UInt8]

  /// Reads the file.
  init(_ path: String, _ pool: BlockingPool) async throws {
    self.path = path
    bytes = try await pool.run { try FileSystem.read(path) }
  }

  /// Nil where none is named.
  static func read(_ path: String?, _ pool: BlockingPool) async throws -> FollowedFile? {
    guard let path else { return nil }
    return try await FollowedFile(path, pool)
  }

  /// Follows the file until the task is cancelled.
  /// - Parameter take: is given what it holds, each time that this is something else. What it throws is told, and what the
  ///   file said before holds.
  func follow(_ pool: BlockingPool, take: ([UInt8]) async throws -> Void) async {
    await WatchedFile(path, pool).follow(from: bytes) { [path] in
      Log.warning("following \(path): \($0)")
    } changed: { bytes in
      do {
        try await take(bytes)
        Log.info("reloaded \(path)")
      } catch { Log.warning("\(path) is not used, and what it said before holds: \(error)") }
    }
  }
}
