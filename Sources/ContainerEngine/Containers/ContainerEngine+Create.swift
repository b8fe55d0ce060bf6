import AsyncWork
import ContainerRuntime
import FoundationEssentials
import ImageStore
import KeyValueStore
import Linux
import OCI

extension ContainerEngine {
  /// Makes a container: everything that can be refused is refused here, before anything exists.
  ///
  /// - Parameters:
  ///   - name: nil lets the engine choose one.
  ///   - platform: `os/architecture`; an image of another one is refused.
  ///   - doorState: opaque bytes that the door finds again in the record.
  /// - Returns: the id, and what the user should know.
  public func createContainer(
    _ request: ContainerDefinition, name: String? = nil, platform: String? = nil, doorState: [UInt8] = []
  ) async throws(EngineError) -> (id: String, warnings: [String]) {
    let image: Image
    do { image = try await images.image(named: request.image) } catch {
      throw EngineError(.notFound, "No such image: \(Self.familiar(request.image))", cause: error)
    }
    var definition = DefinitionMerge.merged(request, with: image.configuration.config)
    try DefinitionChecks.validate(definition)
    var warnings: [String] = []
    if let platform, !platform.isEmpty {
      let parts = platform.split(separator: "/").map(String.init)
      if parts.count > 1, parts[1] != image.configuration.architecture {
        throw EngineError(
          .notFound,
          "image with reference \(request.image) was found but does not provide the specified platform (\(platform))")
      }
    }
    let command = (definition.entrypoint ?? []) + (definition.command ?? [])
    guard let path = command.first, !(path.isEmpty && command.count == 1) else {
      throw EngineError(.invalidParameter, "no command specified")
    }
    let runtimeName = try chooseRuntime(definition.runtime)
    resolveSharing(&definition)
    resolveNetworks(&definition)
    try checkLinks(&definition)
    try checkLogging(definition.logging)
    warnings += HostLimits.discard(&definition.resources)

    let id = Identifier.random()
    let name = try reserveName(name, for: id)
    var record = ContainerRecord(
      id: id, name: name, created: Clock.realtime, imageID: image.id.description, definition: definition, path: path,
      arguments: Array(command.dropFirst()), doorState: OpaqueBytes(doorState),
      runtime: runtimeName)
    var undo: [@Sendable () async -> Void] = []
    do {
      let (mounts, created) = try await resolveMounts(definition, for: id)
      record.mounts = mounts
      undo.append { [self] in
        volumes.unclaim(by: id)
        for name in created {
          // Another creation may have begun to use it meanwhile.
          do { try await volumes.remove(name, force: true, users: containersUsing(volume: name)) } catch {
            Log.warning("undo create: \(error)")
          }
        }
      }
      try await images.prepareSnapshot(id, image: image.id)
      undo.append { [images] in
        do { try await images.removeSnapshot(id) } catch { Log.warning("undo create \(id): \(error)") }
      }
      try await copyVolumeContent(record, newVolumes: created)
      try await put(record)
    } catch {
      for step in undo.reversed() { await step() }
      table.release(name: name, of: id)
      throw EngineError.wrap(error)
    }
    let container = Container(record)
    table.insert(container)
    volumes.unclaim(by: id)
    publish(record, "create")
    return (id, warnings)
  }

  /// The name as users write it, with the tag that is meant.
  static func familiar(_ name: String) -> String {
    guard let reference = try? Reference(name) else { return name }
    return reference.withDefaultTag.familiar
  }

  private func reserveName(_ wanted: String?, for id: String) throws(EngineError) -> String {
    if let wanted, !wanted.isEmpty {
      let name = wanted.hasPrefix("/") ? String(wanted.dropFirst()) : wanted
      guard Identifier.isValidName(name) else {
        throw EngineError(
          .invalidParameter,
          "Invalid container name (\(wanted)), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")
      }
      try table.reserve(name: name, for: id)
      return name
    }
    for attempt in 0..<100 {
      let name = NameGenerator.name(attempt: attempt)
      if table.isTaken(name: name) { continue }
      do {
        try table.reserve(name: name, for: id)
        return name
      } catch { continue }
    }
    let name = String(id.prefix(12))
    try table.reserve(name: name, for: id)
    return name
  }

  /// Turns names of other containers into ids, so that a rename does not break what was asked.
  ///
  /// What is not there is refused at the start and not here, as docker does: a client takes "not found" from a creation
  /// for a missing image.
  private func resolveSharing(_ definition: inout ContainerDefinition) {
    func resolved(_ reference: String) -> String { (try? table.find(reference).id) ?? reference }
    if case .container(let name) = definition.network { definition.network = .container(resolved(name)) }
    if case .container(let name) = definition.namespaces.ipc { definition.namespaces.ipc = .container(resolved(name)) }
    if case .container(let name) = definition.namespaces.pid { definition.namespaces.pid = .container(resolved(name)) }
  }

  /// Keeps the settings of networks under the networks' names. A container that names networks is on those alone, as
  /// docker has it; on that of its network mode otherwise.
  private func resolveNetworks(_ definition: inout ContainerDefinition) {
    guard case .network(let mode) = definition.network else { return }
    var endpoints: [String: EndpointRequest] = [:]
    for (reference, request) in definition.endpoints { endpoints[networkName(reference)] = request }
    if endpoints.isEmpty { endpoints[networkName(mode)] = EndpointRequest() }
    definition.endpoints = endpoints
  }

  /// Refuses links to nobody. On a network with names they are the endpoint's.
  private func checkLinks(_ definition: inout ContainerDefinition) throws(EngineError) {
    for (name, _) in Self.links(definition.links) {
      do { _ = try table.find(name) } catch {
        throw EngineError(.invalidParameter, "could not get container for \(name): \(error)", cause: error)
      }
    }
    guard case .network(let mode) = definition.network, networkName(mode) != Self.defaultNetwork else { return }
    guard definition.endpoints[networkName(mode)] != nil else { return }
    definition.endpoints[networkName(mode)]?.links += definition.links
    definition.links = []
  }

  /// The OCI runtime by its name, refused now when it is not there.
  private func chooseRuntime(_ name: String?) throws(EngineError) -> String {
    do { return try runtime.runtime(named: name).name } catch {
      let code: EngineError.Code = error.code == .invalidSpecification ? .invalidParameter : .internalFailure
      throw EngineError(code, error.message, cause: error)
    }
  }

  private func checkLogging(_ choice: LoggingChoice) throws(EngineError) {
    let driver = choice.driver.isEmpty ? configuration.defaultLogging.driver : choice.driver
    guard ["", "json-file", "local", "none"].contains(driver) else {
      throw EngineError(.invalidParameter, "logger: no log driver named '\(driver)' is registered")
    }
    let known: Set<String> = [
      "max-size", "max-file", "labels", "labels-regex", "env", "env-regex", "tag", "compress", "mode",
      "max-buffer-size",
    ]
    for option in choice.options.keys.sorted() where !known.contains(option) {
      throw EngineError(
        .invalidParameter, "unknown log opt '\(option)' for \(driver.isEmpty ? "json-file" : driver) log driver")
    }
    if let text = choice.options["max-size"], LogLimits.bytes(text) == nil {
      throw EngineError(.invalidParameter, "invalid size: '\(text)'")
    }
    if let text = choice.options["max-file"], Int(text).map({ $0 < 1 }) ?? true {
      throw EngineError(.invalidParameter, "max-file cannot be less than 1")
    }
  }
}
