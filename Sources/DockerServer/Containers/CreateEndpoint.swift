import ContainerEngine
import DockerAPI
import HTTPService

/// `POST /containers/create`.
enum CreateEndpoint {
  static let create: Endpoint = { call in
    var request = try await call.body(CreateRequest.self)
    let name = call.query["name"].flatMap { $0.isEmpty ? nil : $0 }
    try request.validateConflicts()
    var warnings = try VersionAdaptation.adapt(&request, to: call.version)
    try request.config.validate()
    try request.hostConfig?.validate()
    HostDefaults.fill(&request, call.engine.configuration)
    let definition = try DefinitionTranslation.definition(request)
    let platform = call.version >= APIVersion(1, 41) ? call.query["platform"].flatMap { $0.isEmpty ? nil : $0 } : nil
    let (id, engineWarnings) = try await call.engine.createContainer(
      definition, name: name, platform: platform, doorState: DockerJSON.encode(request))
    warnings = engineWarnings + warnings
    return .json(CreateResponse(id: id, warnings: warnings), .created)
  }
}
