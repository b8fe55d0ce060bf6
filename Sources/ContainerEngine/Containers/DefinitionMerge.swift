import OCI

/// The user's request over the image's configuration (docker's rules): what the user gave wins, environments and
/// labels are united, and a user's entrypoint drops the image's command.
enum DefinitionMerge {
  static func merged(_ request: ContainerDefinition, with image: ProcessConfiguration?) -> ContainerDefinition {
    var result = request
    guard let image else { return result }
    if result.user?.isEmpty ?? true { result.user = image.user }
    if request.entrypoint?.isEmpty ?? true {
      if request.command?.isEmpty ?? true { result.command = image.command }
      result.entrypoint = image.entrypoint
    } else if request.entrypoint == [""] {
      // `--entrypoint ""` takes the image's entrypoint away.
      result.entrypoint = nil
    }
    if result.workingDirectory?.isEmpty ?? true { result.workingDirectory = image.workingDirectory }
    let given = Set(request.environment.map { $0.prefix { $0 != "=" } })
    result.environment += (image.environment ?? []).filter { !given.contains($0.prefix { $0 != "=" }) }
    for (name, value) in image.labels ?? [:] where result.labels[name] == nil { result.labels[name] = value }
    for port in (image.exposedPorts ?? [:]).keys.sorted() {
      if let parsed = ContainerPort(specification: port), !result.exposedPorts.contains(parsed) {
        result.exposedPorts.append(parsed)
      }
    }
    for path in (image.volumes ?? [:]).keys.sorted() where !result.anonymousVolumes.contains(path) {
      result.anonymousVolumes.append(path)
    }
    if result.stopSignal?.isEmpty ?? true { result.stopSignal = image.stopSignal }
    if result.stopTimeout == nil { result.stopTimeout = image.stopTimeout }
    result.healthCheck = merged(request.healthCheck, with: image.healthcheck)
    return result
  }

  private static func merged(
    _ request: HealthCheck?, with image: ProcessConfiguration.Healthcheck?
  ) -> HealthCheck? {
    guard let image else { return request }
    var result = request ?? HealthCheck()
    if result.test.isEmpty { result.test = image.test ?? [] }
    if result.interval == 0 { result.interval = image.interval ?? 0 }
    if result.timeout == 0 { result.timeout = image.timeout ?? 0 }
    if result.startPeriod == 0 { result.startPeriod = image.startPeriod ?? 0 }
    if result.startInterval == 0 { result.startInterval = image.startInterval ?? 0 }
    if result.retries == 0 { result.retries = image.retries ?? 0 }
    return result.test.isEmpty ? nil : result
  }
}

extension ContainerPort {
  /// Reads `80`, `80/tcp`; nil where it is no port.
  public init?(specification: String) {
    let parts = specification.split(separator: "/", omittingEmptySubsequences: false)
    guard let first = parts.first, let number = UInt16(first), number > 0, parts.count <= 2 else { return nil }
    let transport = parts.count == 2 ? parts[1].lowercased() : "tcp"
    guard ["tcp", "udp", "sctp"].contains(transport) else { return nil }
    self.init(number: number, transport: transport)
  }

  /// `80/tcp`.
  public var specification: String { "\(number)/\(transport)" }
}
