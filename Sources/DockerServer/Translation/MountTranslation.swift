import ContainerEngine
import DockerAPI

/// From `-v`, `--mount`, `--tmpfs` and image volumes to the engine's mounts.
enum MountTranslation {
  /// Everything that a user asked for by name.
  static func mounts(_ host: HostConfig) throws(QueryError) -> [EngineMount] {
    var mounts: [EngineMount] = []
    for entry in host.binds ?? [] { mounts.append(try bind(entry, driver: host.volumeDriver)) }
    for mount in host.mounts ?? [] { mounts.append(try translate(mount)) }
    for (target, options) in (host.tmpfs ?? [:]).sorted(by: { $0.key < $1.key }) {
      guard target.hasPrefix("/") else {
        throw QueryError("invalid mount path: '\(target)' mount path must be absolute")
      }
      var mount = EngineMount(.tmpfs, target: PathText.clean(target))
      mount.options = options
      mounts.append(mount)
    }
    var seen: Set<String> = []
    for mount in mounts where !seen.insert(mount.target).inserted {
      throw QueryError("Duplicate mount point: \(mount.target)")
    }
    return mounts
  }

  private static func bind(_ text: String, driver: String) throws(QueryError) -> EngineMount {
    let spec = try BindSpec(text)
    var mount = EngineMount(
      spec.isVolume ? .volume : .bind, source: spec.source, target: spec.destination)
    mount.readOnly = spec.readOnly
    mount.propagation = spec.propagation
    mount.noCopy = spec.noCopy
    mount.mode = spec.mode
    mount.createSource = !spec.isVolume
    if spec.isVolume { mount.volumeDriver = driver }
    return mount
  }

  private static func translate(_ request: DockerAPI.MountRequest) throws(QueryError) -> EngineMount {
    let target = PathText.clean(request.target)
    switch request.type {
    case "bind":
      var mount = EngineMount(.bind, source: PathText.clean(request.source), target: target)
      mount.readOnly = request.readOnly
      mount.propagation = request.bindOptions?.propagation ?? ""
      mount.nonRecursive = request.bindOptions?.nonRecursive ?? false
      mount.createSource = request.bindOptions?.createMountpoint ?? false
      return mount
    case "volume":
      var mount = EngineMount(.volume, source: request.source, target: target)
      if !request.source.isEmpty { try BindSpec.validateVolumeName(request.source) }
      mount.readOnly = request.readOnly
      mount.noCopy = request.volumeOptions?.noCopy ?? false
      mount.volumeDriver = request.volumeOptions?.driverConfig?.name ?? ""
      mount.volumeOptions = request.volumeOptions?.driverConfig?.options ?? [:]
      mount.volumeLabels = request.volumeOptions?.labels ?? [:]
      guard request.volumeOptions?.subpath.isEmpty != false else {
        throw QueryError("VolumeOptions.Subpath is not implemented by this engine: mount the whole volume")
      }
      return mount
    case "tmpfs":
      var mount = EngineMount(.tmpfs, target: target)
      mount.readOnly = request.readOnly
      mount.options = tmpfsOptions(request.tmpfsOptions, readOnly: request.readOnly)
      return mount
    default:
      throw QueryError("mounts of type \"\(request.type)\" are not implemented by this engine")
    }
  }

  private static func tmpfsOptions(_ options: TmpfsOptions?, readOnly: Bool) -> String {
    var words: [String] = readOnly ? ["ro"] : []
    if let options {
      if options.sizeBytes > 0 { words.append("size=\(options.sizeBytes)") }
      if options.mode != 0 { words.append("mode=\(String(options.mode, radix: 8))") }
      for option in options.options ?? [] { words.append(option.joined(separator: "=")) }
    }
    return words.joined(separator: ",")
  }

  /// The paths in `Config.Volumes`; one that a mount covers already is left to it.
  static func anonymousVolumes(
    _ config: ContainerConfig, taken mounts: [EngineMount]
  ) throws(QueryError) -> [String] {
    var paths: [String] = []
    for path in (config.volumes ?? [:]).keys.sorted() {
      let target = PathText.clean(path)
      if target == "/" {
        throw QueryError("invalid volume specification: '\(path)': invalid specification: destination can't be '/'")
      }
      if !mounts.contains(where: { $0.target == target }) { paths.append(target) }
    }
    return paths
  }
}
