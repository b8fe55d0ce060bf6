import OCI

extension SpecificationBuilder {
  /// The default mounts that nobody overrides, then the user's own, outer ones first.
  func mounts(
    _ specification: ContainerSpecification, _ resolved: ResolvedHostObjects, runsInit: Bool
  ) throws(RuntimeError) -> [RuntimeMount] {
    var own: [String: MountSpecification] = [:]
    for mount in specification.mounts {
      guard mount.target.hasPrefix("/"), mount.target != "/" else {
        throw RuntimeError(
          .invalidSpecification,
          "invalid mount target \"\(mount.target)\": it must be an absolute path and not the root")
      }
      own[mount.target] = mount
    }
    var mounts = defaults(specification).filter { mount in
      own[mount.destination] == nil && !(mount.destination.hasPrefix("/dev/") && own["/dev"] != nil)
    }
    if runsInit, let path = specification.initPath {
      mounts.append(
        RuntimeMount(destination: Self.initTarget, type: "bind", source: path, options: ["bind", "ro", "rprivate"]))
    }
    let sorted = own.values.sorted { a, b in
      let (depthA, depthB) = (Self.depth(a.target), Self.depth(b.target))
      return depthA == depthB ? a.target < b.target : depthA < depthB
    }
    for mount in sorted { mounts.append(try runtimeMount(mount, resolved)) }
    return mounts
  }

  private static func depth(_ path: String) -> Int { path.split(separator: "/").count }

  private func defaults(_ specification: ContainerSpecification) -> [RuntimeMount] {
    var mounts = [
      DefaultMounts.proc, DefaultMounts.dev, DefaultMounts.pts,
      DefaultMounts.sys(writable: specification.privileged),
      DefaultMounts.cgroup(writable: specification.privileged), DefaultMounts.messageQueues,
    ]
    switch specification.namespaces.ipc {
    case .private: mounts.append(DefaultMounts.sharedMemory(size: specification.sharedMemorySize))
    case .shareable(let path): mounts.append(DefaultMounts.sharedMemory(path: path))
    case .host: mounts.append(DefaultMounts.sharedMemory(path: "/dev/shm"))
    case .path(_, let path): if let path { mounts.append(DefaultMounts.sharedMemory(path: path)) }
    case .none: break
    }
    return mounts
  }

  private func runtimeMount(
    _ mount: MountSpecification, _ resolved: ResolvedHostObjects
  ) throws(RuntimeError) -> RuntimeMount {
    switch mount.kind {
    case .bind(let source):
      guard Self.propagations.contains(mount.propagation) else {
        throw RuntimeError(.invalidSpecification, "invalid propagation mode: \(mount.propagation)")
      }
      var options = [mount.recursive ? "rbind" : "bind"]
      if mount.readOnly {
        options.append("ro")
        // What is mounted below the source would stay writable (mount_setattr(2), Linux 5.12). Below a file there is
        // nothing, and crun 1.8 opens whatever it sets the option for as a directory.
        if mount.recursive, host.kernel >= .init(5, 12), !resolved.files.contains(source) { options.append("rro") }
      }
      options.append(mount.propagation)
      return RuntimeMount(destination: mount.target, type: "bind", source: source, options: options + mount.options)
    case .tmpfs(let size, let mode):
      var options = ["noexec", "nosuid", "nodev"]
      if mount.readOnly { options.append("ro") }
      if let size { options.append("size=\(size)") }
      if let mode { options.append("mode=\(String(mode, radix: 8))") }
      for option in mount.options { options = Self.merge(option, into: options) }
      return RuntimeMount(destination: mount.target, type: "tmpfs", source: "tmpfs", options: options)
    }
  }

  private static let propagations: Set<String> = [
    "private", "rprivate", "shared", "rshared", "slave", "rslave",
  ]

  /// A later option takes the place of its opposite and of an earlier value of the same name.
  private static func merge(_ option: String, into options: [String]) -> [String] {
    if option == "defaults" || option.isEmpty { return options }
    let opposites: [String: String] = [
      "exec": "noexec", "suid": "nosuid", "dev": "nodev", "rw": "ro", "async": "sync", "atime": "noatime",
    ]
    let opposite = opposites[option] ?? opposites.first { $0.value == option }?.key
    let name = option.split(separator: "=").first.map { $0 + "=" }
    let kept = options.filter { existing in
      existing != option && existing != opposite && !(option.contains("=") && existing.hasPrefix(name ?? "="))
    }
    return kept + [option]
  }
}
