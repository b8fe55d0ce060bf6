import ArgumentParser
import AsyncWork
import ContainerEngine
import HTTPService
import Linux
import Synchronization

/// Certificates of the operator's for single names (`--tls-sni-cert-key`). Their files are followed while the server runs.
struct NamedCertificates: Sendable {
  /// One value of the flag: `CERTIFICATE,KEY` or `CERTIFICATE,KEY:NAME,…`.
  struct Place: Sendable, Equatable {
    let chain: String
    let key: String
    let names: [String]

    /// - Throws: `ValidationError` that names the value.
    init(_ text: String) throws {
      func refusal(_ why: String) -> ValidationError { ValidationError("--tls-sni-cert-key \(text): \(why)") }
      func parts(_ text: Substring) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map { String($0.filter { $0 != " " }) }
      }
      let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let files = parts(halves[0])
      guard files.count == 2, files.allSatisfy({ !$0.isEmpty }) else {
        throw refusal("expected comma separated certificate and key file paths")
      }
      names = halves.count == 2 ? parts(halves[1]) : []
      guard names.allSatisfy({ !$0.isEmpty }) else { throw refusal("empty names list is not allowed") }
      (chain, key) = (files[0], files[1])
    }
  }

  private let places: [Place]
  /// What the files held at the start, by their paths.
  private let files: [String: [UInt8]]
  /// As the files were at the start.
  let certificates: [NamedCertificate]

  init(_ places: [Place], _ pool: BlockingPool) async throws {
    self.places = places
    (files, certificates) = try await pool.run { try Self.read(places) }
  }

  private static func read(_ places: [Place]) throws -> ([String: [UInt8]], [NamedCertificate]) {
    var files: [String: [UInt8]] = [:]
    for path in places.flatMap({ [$0.chain, $0.key] }) { files[path] = try FileSystem.read(path) }
    func text(_ path: String) -> String { String(decoding: files[path] ?? [], as: UTF8.self) }
    let certificates = try places.map { place in
      do throws(HTTPServiceError) {
        return try NamedCertificate(
          certificateChain: text(place.chain), privateKey: text(place.key), names: place.names)
      } catch {
        throw ValidationError("--tls-sni-cert-key \(place.chain),\(place.key): \(error.message)")
      }
    }
    return (files, certificates)
  }

  /// Follows the files until the task is cancelled. What does not fit together is told of, and changes nothing: one file is
  /// written before the other.
  func run(_ tls: ServerTLS, _ pool: BlockingPool) async {
    await withTaskGroup(of: Void.self) { group in
      for (path, bytes) in files {
        group.addTask { [places] in
          await WatchedFile(path, pool).follow(from: bytes) {
            Log.warning("following \(path): \($0)")
          } changed: { _ in
            do {
              try tls.replace(named: try await pool.run { try Self.read(places) }.1)
              Log.info("reloaded \(path)")
            } catch { Log.warning("\(path) is not used, and the certificates before are shown: \(error)") }
          }
        }
      }
    }
  }
}
