import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OCI

/// A manifest or index as a registry served it.
struct FetchedManifest: Sendable {
  var bytes: [UInt8]
  var digest: Digest
  var document: ManifestDocument
  var mediaType: String
}

extension RegistrySession {
  /// Fetches a manifest by tag or digest; a digest is verified.
  func manifest(_ repository: String, _ reference: String) async throws -> FetchedManifest {
    var headers = HTTPHeaders()
    for type in MediaType.acceptedManifests { headers.add(name: "Accept", value: type) }
    let response = try await ask(RegistryPath.manifest(repository, reference), headers: headers)
    let bytes = try await collect(response, limit: ManifestDocument.maximumSize, what: "manifest")
    let digest = ContentHash.digest(bytes)
    if let wanted = Digest(reference), wanted != digest {
      throw ImageStoreError(.corrupt, "manifest verification failed for digest \(wanted)")
    }
    let type = response.headers.first(name: "Content-Type")
    let document: ManifestDocument
    do { document = try ManifestDocument(bytes, contentType: type) } catch {
      throw ImageStoreError(.corrupt, error.message, cause: error)
    }
    let mediaType: String
    switch document {
    case .index(let index): mediaType = index.mediaType ?? MediaType.ociIndex
    case .manifest(let manifest): mediaType = manifest.mediaType ?? type ?? MediaType.ociManifest
    }
    return FetchedManifest(bytes: bytes, digest: digest, document: document, mediaType: mediaType)
  }

  /// Fetches a small blob into memory; size and digest are verified.
  func smallBlob(_ repository: String, _ descriptor: Descriptor, limit: Int) async throws -> [UInt8] {
    guard descriptor.size <= Int64(limit) else {
      throw ImageStoreError(.corrupt, "blob \(descriptor.digest) is larger than \(limit) bytes")
    }
    let response = try await ask(RegistryPath.blob(repository, descriptor.digest))
    let bytes = try await collect(response, limit: Int(descriptor.size), what: "blob \(descriptor.digest)")
    guard Int64(bytes.count) == descriptor.size, ContentHash.digest(bytes) == descriptor.digest else {
      throw ImageStoreError(
        .corrupt, "image config verification failed for digest \(descriptor.digest): the registry sent other content")
    }
    return bytes
  }

  func collect(_ response: HTTPClientResponse, limit: Int, what: String) async throws -> [UInt8] {
    do { return Array(buffer: try await response.body.collect(upTo: limit)) } catch is NIOTooManyBytesError {
      throw ImageStoreError(.corrupt, "\(what) is larger than \(limit) bytes")
    } catch { throw RegistryFailure.from(error, method: "GET", url: "\(host.authority)/\(what)") }
  }
}
