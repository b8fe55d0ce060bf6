import ContainerEngine
import DockerAPI
import HTTPService

/// `POST /containers/create`.
enum CreateEndpoint {
  static let create: Endpoint = { call in
    var request = try await call.body(CreateRequest.self)
    let name = call.query["name"].flatMap { $0.isEmpty ? nil : $0 }
    if request.config == ContainerConfig() {
      throw QueryError("config cannot be empty in order to create a container")
    }
    if request.config.image.isEmpty { throw QueryError("no image specified") }
    try request.validateConflicts()
    var warnings = try VersionAdaptation.adapt(&request, to: call.version)
    try request.config.validate()
    try request.hostConfig?.validate()
    HostDefaults.fill(&request, call.engine.configuration, cgroupVersion: call.engine.cgroupVersion)
    let definition = try DefinitionTranslation.definition(request)
    let platform = call.version >= APIVersion(1, 41) ? call.query["platform"].flatMap { $0.isEmpty ? nil : $0 } : nil
    do {
      let (id, engineWarnings) = try await call.engine.createContainer(
        definition, name: name, platform: platform, doorState: DockerJSON.encode(request))
      warnings = engineWarnings + warnings
      return .json(CreateResponse(id: id, warnings: warnings), .created)
    } catch {
      throw forCreate(error)
    }
  }

  /// A client takes a 404 here for a missing image, and pulls it: anything else that is missing (a network, another
  /// container) is answered as a bad parameter.
  static func forCreate(_ error: any Error) -> any Error {
    guard let refusal = error as? EngineError, refusal.code == .notFound else { return error }
    if refusal.message.hasPrefix("No such image") || refusal.message.hasPrefix("image with reference") { return error }
    return EngineError(.invalidParameter, refusal.message, cause: refusal)
  }
}
