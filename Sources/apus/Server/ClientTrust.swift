import AsyncWork
import ContainerEngine
import HTTPService
import Linux
import PKI
import Synchronization

/// Whose certificates clients, or proxies, may show: those of the cluster's own authorities, and of those in a file, which is
/// followed while the server runs.
final class ClientTrust: Sendable {
  /// Nil where the file's are all.
  private let own: AuthorityKeeper?
  /// Names the file.
  private let flag: String
  /// Nil where no file is named.
  private let file: FollowedFile?
  /// PEM; the file's.
  private let others: Mutex<String>

  /// Reads the file, if there is one.
  /// - Parameter flag: the one that names the file.
  init(
    _ own: AuthorityKeeper?, file path: String?, flag: String = "--client-ca-file", _ pool: BlockingPool
  ) async throws {
    self.own = own
    self.flag = flag
    file = try await FollowedFile.read(path, pool)
    others = Mutex(try file.map { try Self.authorities($0.bytes, "\(flag) \($0.path)") } ?? "")
  }

  /// Those of proxies; nil where no file names any.
  static func proxies(_ options: RequestHeaderOptions, _ pool: BlockingPool) async throws -> ClientTrust? {
    guard let path = options.clientCAFile else { return nil }
    return try await ClientTrust(nil, file: path, flag: "--requestheader-client-ca-file", pool)
  }

  /// What is wrong with the file.
  private struct Unusable: Error, CustomStringConvertible {
    let description: String
  }

  private static func authorities(_ bytes: [UInt8], _ place: String) throws -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    do { try ServerTLS.check(authorities: text) } catch {
      throw Unusable(description: "\(place): \(error.message)")
    }
    return text.hasSuffix("\n") ? text : text + "\n"
  }

  /// All of them, PEM, the cluster's own first.
  var bundle: String { (own?.bundle ?? "") + others.withLock { $0 } }

  /// Follows the file until the task is cancelled.
  /// - Parameter changed: told of all of them, each time that the file's have changed.
  func run(_ pool: BlockingPool, changed: (_ bundle: String) async throws -> Void) async {
    guard let file else { return }
    await file.follow(pool) { bytes in
      let next = try Self.authorities(bytes, "\(flag) \(file.path)")
      others.withLock { $0 = next }
      try await changed(bundle)
    }
  }
}
