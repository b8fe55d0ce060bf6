import ContainerEngine
import DockerAPI
import HTTPService

/// `POST /commit`: an image from a container.
enum CommitEndpoint {
  static let commit: Endpoint = { call in
    let request = try await call.bodyIfPresent(CreateRequest.self)
    let query = call.query
    guard let container = query["container"], !container.isEmpty else {
      throw EngineError(.notFound, "No such container: ")
    }
    let override = call.hasBody ? DefinitionTranslation.imageConfiguration(request.config) : nil
    let id = try await call.engine.commitContainer(
      container, repository: query["repo"].flatMap { $0.isEmpty ? nil : $0 },
      tag: query["tag"].flatMap { $0.isEmpty ? nil : $0 }, comment: query["comment"] ?? "",
      author: query["author"] ?? "", changes: query.all("changes"), pause: query.flag("pause", default: true),
      configuration: override)
    return .json(IDResponse(id: id), .created)
  }
}
