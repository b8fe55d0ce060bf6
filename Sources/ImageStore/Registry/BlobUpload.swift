import AsyncHTTPClient
import FoundationEssentials
import Linux
import NIOCore
import NIOHTTP1
import OCI

/// Brings blobs to a registry: not at all where it has them, by a mount where a neighbour has them, else by upload
/// (distribution specification, "Pushing blobs").
struct BlobUpload: Sendable {
  let session: RegistrySession
  let repository: String
  let store: ImageStore

  private static let pieceSize = 256 * 1024

  /// Uploads a small blob.
  func pushBytes(_ bytes: [UInt8], _ digest: Digest) async throws {
    if try await exists(digest) { return }
    let location = try await begin(RegistryPath.uploads(repository))
    let target = try Self.target(location, digest, session.host, base: session.base)
    _ = try await session.send(.PUT, target, headers: ["Content-Type": "application/octet-stream"], body: bytes)
  }

  /// Uploads a file.
  /// - Returns: false where the registry had it already.
  func pushFile(
    _ path: String, _ blob: Descriptor, sources: [String], progress: @escaping @Sendable (Int64) -> Void
  ) async throws -> Bool {
    if try await exists(blob.digest) { return false }
    for source in sources {
      let response = try await session.send(
        .POST, RegistryPath.mount(repository, blob.digest, from: source), accepting: [400, 401, 403, 404, 405])
      if response.status == .created { return false }
    }
    var attempt = 1
    while true {
      do {
        let location = try await begin(RegistryPath.uploads(repository))
        let target = try Self.target(location, blob.digest, session.host, base: session.base)
        try await upload(path, blob, to: target, progress)
        return true
      } catch let failure as RegistryFailure
        where failure.isTransient && attempt < session.configuration.downloadAttempts
      {
        try await RegistrySession.pause(attempt: attempt, failure, session.configuration)
        attempt += 1
      }
    }
  }

  private func exists(_ digest: Digest) async throws -> Bool {
    let response = try await session.send(.HEAD, RegistryPath.blob(repository, digest), accepting: [404])
    return response.status == .ok
  }

  private func begin(_ path: String) async throws -> String {
    let response = try await session.send(.POST, path, headers: ["Content-Length": "0"])
    guard let location = response.headers.first(name: "Location") else {
      throw RegistryFailure(.malformed, "the registry gave no place to upload to")
    }
    return location
  }

  /// The upload's URL with the digest. Credentials go to the registry itself only, and never in clear where it is spoken
  /// to by TLS.
  /// - Parameters:
  ///   - location: where the registry wants the blob: a path, or a URL.
  ///   - base: how the registry is spoken to.
  static func target(_ location: String, _ digest: Digest, _ host: RegistryHost, base: String) throws -> String {
    if location.hasPrefix("http://") || location.hasPrefix("https://") {
      let url = URL(string: location)
      let authority = (url?.host ?? "") + (url?.port.map { ":\($0)" } ?? "")
      guard authority == host.authority || url?.host == RegistryHost.name(host.authority) else {
        throw RegistryFailure(.malformed, "the registry sends uploads to another host: \(location)")
      }
      guard location.hasPrefix("https://") || base.hasPrefix("http://") || !host.verifies else {
        throw RegistryFailure(.malformed, "refusing to upload to \(location) without TLS, as \(base) wants it")
      }
    }
    return location + (location.contains("?") ? "&" : "?") + "digest=\(digest)"
  }

  private func upload(
    _ path: String, _ blob: Descriptor, to target: String, _ progress: @escaping @Sendable (Int64) -> Void
  ) async throws {
    let pool = store.pool
    let file = try await store.blocking { try Linux.FileDescriptor.open(path, .readOnly) }
    let pieces = FilePieces(file: file, size: blob.size, pool: pool, pieceSize: Self.pieceSize, progress: progress)
    _ = try await session.sendOnce(
      .PUT, target, headers: ["Content-Type": "application/octet-stream"],
      body: .stream(pieces, length: .known(blob.size)))
  }
}
