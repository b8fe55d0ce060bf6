import ContainerEngine
import DockerAPI
import HTTPService

/// `POST /commit`: an image from a container.
enum CommitEndpoint {
  static let commit: Endpoint = { call in
    let request = try await call.bodyIfPresent(CreateRequest.self)
    guard let container = call.word("container") else { throw RefusedError(.notFound, "No such container: ") }
    let given = request.config == ContainerConfig() ? nil : ImageTranslation.process(request.config)
    let id = try await call.engine.commitContainer(
      container, repository: call.word("repo"), tag: call.word("tag"), comment: call.query["comment"] ?? "",
      author: call.query["author"] ?? "", changes: call.query.all("changes"),
      pause: call.query.flag("pause", default: true), configuration: given)
    return .json(IDResponse(id: id), .created)
  }
}
