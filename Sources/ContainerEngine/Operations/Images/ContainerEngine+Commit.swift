import ContainerRuntime
import ImageStore
import OCI

extension ContainerEngine {
  /// Makes an image of what a container changed (`docker commit`).
  ///
  /// - Parameters:
  ///   - changes: lines in Dockerfile syntax over the configuration.
  ///   - pause: freezes the container meanwhile, so that the image holds one moment.
  ///   - configuration: how the image runs; nil for how the container runs.
  /// - Returns: the image's id, `sha256:…`.
  public func commitContainer(
    _ reference: String, repository: String?, tag: String?, comment: String, author: String, changes: [String],
    pause: Bool, configuration override: ProcessConfiguration? = nil
  ) async throws(EngineError) -> String {
    let container = try table.find(reference)
    try checkNotRemoved(container.record, "commit")
    let record = container.record
    let own = Self.configuration(of: record.definition)
    var options = CommitOptions(process: override.map { Self.merged($0, over: own) } ?? own)
    options.changes = changes.flatMap { $0.split(separator: "\n").map(String.init) }
    options.author = author
    options.comment = comment
    options.container = record.id
    options.createdBy = ([record.path] + record.arguments).joined(separator: " ")
    if let repository, !repository.isEmpty {
      do {
        let parsed = try Reference(repository)
        options.name = try tag.flatMap { $0.isEmpty ? nil : $0 }.map { try parsed.withTag($0) } ?? parsed.withDefaultTag
      } catch { throw EngineError(.invalidParameter, "\(error)", cause: error) }
    }
    var freezes = pause && record.state.status == .running
    if freezes {
      do { try await pauseContainer(record.id) } catch {
        // What has ended or been paused this moment holds still too.
        guard error.code == .conflict else { throw error }
        freezes = false
      }
    }
    let image: Digest
    do {
      image = try await images.commit(snapshot: record.id, options)
    } catch {
      if freezes { await thawAfterCommit(record.id) }
      throw EngineError.shaped(error)
    }
    if freezes { await thawAfterCommit(record.id) }
    publish(
      record, "commit", ["comment": comment, "imageID": image.description, "imageRef": options.name?.familiar ?? ""])
    return image.description
  }

  private func thawAfterCommit(_ id: String) async {
    do { try await unpauseContainer(id) } catch {
      // It may have been killed meanwhile; everything else must be seen.
      if error.code != .conflict && error.code != .notFound { Log.error("after a commit: \(error)") }
    }
  }

  /// How a container runs, in an image's words.
  static func configuration(of definition: ContainerDefinition) -> ProcessConfiguration {
    var configuration = ProcessConfiguration()
    configuration.user = definition.user
    if !definition.exposedPorts.isEmpty {
      configuration.exposedPorts = Dictionary(
        definition.exposedPorts.map { ($0.specification, EmptyObject()) }, uniquingKeysWith: { $1 })
    }
    configuration.environment = definition.environment
    configuration.entrypoint = definition.entrypoint
    configuration.command = definition.command
    if !definition.anonymousVolumes.isEmpty {
      configuration.volumes = Dictionary(
        definition.anonymousVolumes.map { ($0, EmptyObject()) }, uniquingKeysWith: { $1 })
    }
    configuration.workingDirectory = definition.workingDirectory
    configuration.labels = definition.labels
    configuration.stopSignal = definition.stopSignal
    configuration.stopTimeout = definition.stopTimeout
    if let check = definition.healthCheck {
      var health = ProcessConfiguration.Healthcheck()
      health.test = check.test
      health.interval = check.interval
      health.timeout = check.timeout
      health.startPeriod = check.startPeriod
      health.startInterval = check.startInterval
      health.retries = check.retries
      configuration.healthcheck = health
    }
    return configuration
  }

  /// Docker's rule: what the new configuration does not say, the container's says.
  static func merged(
    _ new: ProcessConfiguration, over own: ProcessConfiguration
  ) -> ProcessConfiguration {
    var result = new
    func fill<Value>(_ path: WritableKeyPath<ProcessConfiguration, Value?>, _ isEmpty: (Value) -> Bool) {
      if result[keyPath: path].map(isEmpty) ?? true { result[keyPath: path] = own[keyPath: path] }
    }
    fill(\.user, \.isEmpty)
    fill(\.workingDirectory, \.isEmpty)
    fill(\.stopSignal, \.isEmpty)
    if result.entrypoint?.isEmpty ?? true {
      fill(\.command, \.isEmpty)
      if result.entrypoint == nil { result.entrypoint = own.entrypoint }
    }
    let given = Set((result.environment ?? []).map { $0.prefix { $0 != "=" } })
    result.environment =
      (result.environment ?? []) + (own.environment ?? []).filter { !given.contains($0.prefix { $0 != "=" }) }
    result.labels = (own.labels ?? [:]).merging(result.labels ?? [:]) { $1 }
    if let ports = own.exposedPorts { result.exposedPorts = ports.merging(result.exposedPorts ?? [:]) { $1 } }
    if let volumes = own.volumes { result.volumes = volumes.merging(result.volumes ?? [:]) { $1 } }
    if result.healthcheck == nil { result.healthcheck = own.healthcheck }
    if result.stopTimeout == nil { result.stopTimeout = own.stopTimeout }
    return result
  }
}
