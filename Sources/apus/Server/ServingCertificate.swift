import AsyncWork
import ContainerEngine
import HTTPService
import Linux
import Synchronization

/// A certificate of the operator's that the server shows in the place of its own (`--tls-cert-file`,
/// `--tls-private-key-file`). Both files are followed while the server runs.
final class ServingCertificate: Sendable {
  /// What the files hold, PEM.
  struct Pair: Sendable, Equatable {
    /// The server's certificate first, then those that lead to its authority.
    var chain: String
    var key: String
  }

  private struct Files: Sendable {
    let chain: String
    let key: String
  }

  /// Nil where the server shows its own.
  private let files: Files?
  private let present: Mutex<Pair?>

  init(_ options: ConnectionOptions, _ pool: BlockingPool) async throws {
    guard let chain = options.tlsCertFile, let key = options.tlsPrivateKeyFile else {
      files = nil
      present = Mutex(nil)
      return
    }
    let files = Files(chain: chain, key: key)
    self.files = files
    present = Mutex(try await pool.run { try Self.read(files) })
  }

  private static func read(_ files: Files) throws -> Pair {
    Pair(chain: try FileSystem.readText(files.chain), key: try FileSystem.readText(files.key))
  }

  /// Nil where the server shows its own.
  var pair: Pair? { present.withLock { $0 } }

  /// What clients must trust beside the cluster's authorities, PEM; empty where that is nothing.
  var trusted: String { pair.map { $0.chain.hasSuffix("\n") ? $0.chain : $0.chain + "\n" } ?? "" }

  /// Follows the files until the task is cancelled. A certificate and a key that do not fit are told of, and change
  /// nothing: one file is written before the other.
  /// - Parameter changed: told when another certificate is shown.
  func run(_ tls: ServerTLS, _ pool: BlockingPool, changed: @escaping @Sendable () async throws -> Void) async {
    guard let files, let pair else { return }
    await withTaskGroup(of: Void.self) { group in
      for (path, known) in [(files.chain, pair.chain), (files.key, pair.key)] {
        group.addTask { [self] in
          await WatchedFile(path, pool).follow(from: Array(known.utf8)) {
            Log.warning("following \(path): \($0)")
          } changed: { _ in
            await take(files, tls, pool, changed)
          }
        }
      }
    }
  }

  private func take(
    _ files: Files, _ tls: ServerTLS, _ pool: BlockingPool, _ changed: @Sendable () async throws -> Void
  ) async {
    do {
      let next = try await pool.run { try Self.read(files) }
      guard next != pair else { return }
      try tls.replace(certificateChain: next.chain, privateKey: next.key)
      present.withLock { $0 = next }
      try await changed()
      Log.info("reloaded \(files.chain) and \(files.key)")
    } catch {
      Log.warning("\(files.chain) and \(files.key) are not used, and the certificate before is shown: \(error)")
    }
  }
}
