import DockerAPI

/// What older clients mean by a create request, and what newer ones may not say any more.
enum VersionAdaptation {
  /// Changes the request to what it means in the newest version.
  ///
  /// - Returns: Warnings for the client.
  static func adapt(_ request: inout CreateRequest, to version: APIVersion) throws(QueryError) -> [String] {
    var host = request.hostConfig ?? HostConfig()
    if host.networkMode.isEmpty || host.networkMode == "default" {
      host.networkMode = "bridge"
      if let endpoint = request.networkingConfig?.endpointsConfig?.removeValue(forKey: "default") {
        request.networkingConfig?.endpointsConfig?["bridge"] = endpoint
      }
    }
    if version < APIVersion(1, 25) { host.autoRemove = false }
    if version < APIVersion(1, 40), host.ipcMode.isEmpty { host.ipcMode = "shareable" }
    if version < APIVersion(1, 42) { host.consoleSize = ConsoleSize() }
    if version >= APIVersion(1, 42) { host.resources.kernelMemory = 0 }
    if version < APIVersion(1, 43) { host.annotations = nil }
    if version < APIVersion(1, 44) {
      request.config.healthcheck?.startInterval = 0
      if let networks = request.networkingConfig?.endpointsConfig, networks.count > 1 {
        throw QueryError(
          "Container cannot be created with multiple network endpoints: "
            + networks.keys.sorted().joined(separator: ", "))
      }
    }
    if let limit = host.resources.pidsLimit, limit <= 0 { host.resources.pidsLimit = nil }
    try adaptMounts(&host, version)
    var warnings: [String] = []
    if let warning = try adaptAddress(&request, host, version) { warnings.append(warning) }
    if request.config.volumes == nil, request.hostConfig != nil { request.config.volumes = [:] }
    request.hostConfig = host
    return warnings
  }

  private static func adaptMounts(_ host: inout HostConfig, _ version: APIVersion) throws(QueryError) {
    guard var mounts = host.mounts else { return }
    for index in mounts.indices {
      if version < APIVersion(1, 40) { mounts[index].bindOptions?.nonRecursive = false }
      if version < APIVersion(1, 42) {
        mounts[index].bindOptions?.createMountpoint = false
        if mounts[index].type != "volume" { mounts[index].volumeOptions = nil }
        if mounts[index].type != "tmpfs" { mounts[index].tmpfsOptions = nil }
      } else {
        let mount = mounts[index]
        for (given, kind, name) in [
          (mount.volumeOptions != nil, "volume", "VolumeOptions"), (mount.bindOptions != nil, "bind", "BindOptions"),
          (mount.tmpfsOptions != nil, "tmpfs", "TmpfsOptions"),
        ] where given && mount.type != kind {
          throw QueryError("\(name) must not be specified on mount type \"\(mount.type)\"")
        }
      }
      let mount = mounts[index]
      if version < APIVersion(1, 44), mount.type == "bind", mount.bindOptions?.readOnlyForceRecursive == true {
        throw QueryError("BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer")
      }
      if version < APIVersion(1, 45), mount.volumeOptions?.subpath.isEmpty == false {
        throw QueryError("VolumeOptions.Subpath needs API v1.45 or newer")
      }
      if version < APIVersion(1, 48), mount.type == "image" {
        throw QueryError("Mount type \"Image\" needs API v1.48 or newer")
      }
    }
    host.mounts = mounts
  }

  /// Moves the container-wide MAC address to the endpoint that it is for.
  private static func adaptAddress(
    _ request: inout CreateRequest, _ host: HostConfig, _ version: APIVersion
  ) throws(QueryError) -> String? {
    let address = request.config.macAddress
    guard !address.isEmpty else { return nil }
    let mode = NamespaceMode(host.networkMode)
    var takesAddress = false
    if case .named = mode { takesAddress = true }
    guard takesAddress else {
      if version >= APIVersion(1, 44) { return nil }
      throw QueryError("conflicting options: mac-address and the network mode")
    }
    var networks = request.networkingConfig?.endpointsConfig ?? [:]
    // Where networks are named, it is for one of them. Old clients name one at most.
    var network = host.networkMode
    if version < APIVersion(1, 44), let only = networks.keys.first { network = only }
    guard networks.isEmpty || networks.keys.contains(network) else {
      throw QueryError(
        "unable to migrate container-wide MAC address to a specific network: if a container-wide MAC address is "
          + "supplied, HostConfig.NetworkMode must match the identity of a network in NetworkSettings.Networks")
    }
    var endpoint = (networks[network] ?? nil) ?? EndpointSettings()
    if version >= APIVersion(1, 44), !endpoint.macAddress.isEmpty, endpoint.macAddress != address {
      throw QueryError(
        "the container-wide MAC address must match the endpoint-specific MAC address for the main network, "
          + "or be left empty")
    }
    endpoint.macAddress = address
    networks[network] = endpoint
    var networking = request.networkingConfig ?? NetworkingConfig()
    networking.endpointsConfig = networks
    request.networkingConfig = networking
    guard version >= APIVersion(1, 44) else { return nil }
    request.config.macAddress = ""
    return "The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead."
  }
}
