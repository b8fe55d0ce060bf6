import ContainerEngine
import DockerAPI
import HTTPService
import ImageStore
import OCI

/// `POST /images/{name}/push`.
enum PushEndpoint {
  static let push: Endpoint = { call in
    var reference = try Reference(call.name)
    if let tag = call.word("tag") { reference = try reference.repository.withTag(tag) }
    let wanted = reference
    let credentials = RegistryAccess.credentials(call)
    let engine = call.engine
    return try await ProgressStream.response { progress in
      try await engine.images.push(wanted, credentials: credentials, progress: progress)
      engine.publishImage("push", id: wanted.familiar, name: wanted.familiarName)
      return []
    }
  }
}
