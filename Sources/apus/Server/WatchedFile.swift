import AsyncWork
import Linux

/// A file that is read again whenever it may hold something else: when it is written, when another one takes its place, and,
/// for what no directory tells of, such as links to links, from time to time.
struct WatchedFile: Sendable {
  /// How long a change may go unseen that no directory has told of (kube-apiserver's time for the same).
  private static let interval = Duration.seconds(60)

  let path: String
  private let pool: BlockingPool

  init(_ path: String, _ pool: BlockingPool) {
    self.path = path
    self.pool = pool
  }

  private var directory: String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Follows the file until the task is cancelled.
  /// - Parameters:
  ///   - known: what it has held so far.
  ///   - failed: told what keeps it from being followed or read; the former once.
  ///   - changed: told what it holds, each time that this is something else. What it cannot use it says itself.
  func follow(
    from known: [UInt8], failed: @escaping @Sendable (any Error) -> Void,
    changed: ([UInt8]) async -> Void
  ) async {
    let (looks, look) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        do { try await signal { look.yield() } } catch { failed(error) }
      }
      group.addTask {
        while !Task.isCancelled {
          do { try await Task.sleep(for: Self.interval) } catch { break }
          look.yield()
        }
        look.finish()
      }
      var known = known
      // What it may have become since it was read.
      look.yield()
      for await _ in looks {
        do {
          let present = try await pool.run { [path] in try FileSystem.read(path) }
          guard present != known else { continue }
          known = present
          await changed(present)
        } catch { failed(error) }
      }
      group.cancelAll()
    }
  }

  /// Tells of every change in the file's directory, for as long as there is that one.
  private func signal(_ tell: @Sendable () -> Void) async throws {
    for try await _ in try DirectoryWatch.shared().changes(in: directory) { tell() }
  }
}
