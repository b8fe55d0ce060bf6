import AsyncWork
import ContainerRuntime
import FoundationEssentials
import ImageStore
import Linux
import OCI

extension ContainerEngine {
  /// Decides what is mounted where: the user's mounts, other containers' (`volumes-from`), and an anonymous volume for
  /// each path that still has none. Returns the volumes that it made, so that a failure can undo them.
  func resolveMounts(
    _ definition: ContainerDefinition, for id: String
  ) async throws(EngineError) -> (mounts: [ContainerMount], created: [String]) {
    var mounts: [String: ContainerMount] = [:]
    var created: [String] = []
    do {
      for entry in definition.volumesFrom {
        let parts = entry.split(separator: ":", maxSplits: 1).map(String.init)
        guard let name = parts.first else {
          throw EngineError(.invalidParameter, "volumes-from: no container name in \"\(entry)\"")
        }
        let mode = parts.count > 1 ? parts[1] : ""
        guard ["", "ro", "rw", "z", "Z"].contains(mode) else {
          throw EngineError(.invalidParameter, "invalid volumes-from mode: \(mode)")
        }
        for var mount in try table.find(name).record.mounts {
          if mode == "ro" { mount.readOnly = true }
          mount.isAnonymous = false
          mounts[mount.destination] = mount
        }
      }
      for request in definition.mounts {
        let mount = try await resolve(request, for: id, &created)
        mounts[mount.destination] = mount
      }
      for path in definition.anonymousVolumes {
        let destination = PathRules.clean(path)
        guard destination.hasPrefix("/"), destination != "/" else {
          throw EngineError(.invalidParameter, "invalid volume specification: '\(path)': destination can't be '/'")
        }
        if mounts[destination] != nil { continue }
        let volume = try await volumes.create(name: nil, labels: [Self.anonymousLabel: ""], owner: id, claimedBy: id)
        created.append(volume.name)
        mounts[destination] = ContainerMount(
          kind: .volume, name: volume.name, source: volume.mountpoint, destination: destination, driver: "local",
          isAnonymous: true)
      }
    } catch {
      volumes.unclaim(by: id)
      for name in created {
        do { try await volumes.remove(name, force: true, users: []) } catch { Log.warning("undo create: \(error)") }
      }
      throw EngineError.wrap(error)
    }
    return (mounts.values.sorted { $0.destination < $1.destination }, created)
  }

  /// Docker marks volumes without a name with this label.
  static let anonymousLabel = "com.docker.volume.anonymous"

  private func resolve(
    _ request: MountRequest, for id: String, _ created: inout [String]
  ) async throws(EngineError) -> ContainerMount {
    let destination = PathRules.clean(request.target)
    switch request.kind {
    case .tmpfs:
      return ContainerMount(
        kind: .tmpfs, source: "", destination: destination, mode: request.mode, readOnly: request.readOnly,
        options: request.options)
    case .bind:
      let source = PathRules.clean(request.source)
      try await prepareBindSource(source, create: request.createSource)
      return ContainerMount(
        kind: .bind, source: source, destination: destination, mode: request.mode, readOnly: request.readOnly,
        propagation: request.propagation.isEmpty ? "rprivate" : request.propagation,
        nonRecursive: request.nonRecursive)
    case .volume:
      let isNew = !volumes.volumes().contains { $0.name == request.source }
      var labels = request.volumeLabels
      if request.source.isEmpty { labels[Self.anonymousLabel] = "" }
      let volume = try await volumes.create(
        name: request.source, driver: request.volumeDriver, options: request.volumeOptions, labels: labels,
        owner: id, claimedBy: id)
      if isNew { created.append(volume.name) }
      return ContainerMount(
        kind: .volume, name: volume.name, source: volume.mountpoint, destination: destination, driver: volume.driver,
        mode: request.mode, readOnly: request.readOnly, isAnonymous: request.source.isEmpty)
    }
  }

  private func prepareBindSource(_ source: String, create: Bool) async throws(EngineError) {
    do {
      try await pool.run {
        do throws(RuntimeError) {
          _ = try BindSource.status(of: source)
          return
        } catch {
          guard create else { throw error }
        }
        do throws(SystemError) { try FileSystem.makeDirectories(source) } catch {
          throw EngineError(
            .internalFailure, "error while creating mount source path '\(source)': mkdir \(source): \(error.code)",
            cause: error)
        }
      }
    } catch { throw EngineError.wrap(error) }
  }

  /// Fills volumes that this container is the first to use with what the image has at their place.
  func copyVolumeContent(_ record: ContainerRecord, newVolumes: [String]) async throws {
    let candidates = record.mounts.filter { mount in
      guard mount.kind == .volume else { return false }
      let request = record.definition.mounts.first { PathRules.clean($0.target) == mount.destination }
      return !(request?.noCopy ?? false)
    }
    if candidates.isEmpty { return }
    let empty = try await pool.run { try candidates.filter { try FileSystem.list($0.source).isEmpty } }
    if empty.isEmpty { return }
    let root = try await images.mountSnapshot(record.id)
    do {
      try await pool.run {
        let base = try FileDescriptor.open(root, [.pathOnly, .directory])
        for mount in empty {
          let content: FileDescriptor
          do throws(SystemError) { content = try .open(mount.destination, under: base, [.readOnly, .directory]) } catch
          {
            if error.code == .noEntry || error.code == .notDirectory { continue }
            throw error
          }
          let target = try FileDescriptor.open(mount.source, [.readOnly, .directory])
          try FileTree.copyContents(of: content, to: target)
          try FileTree.copyMetadata(from: content, try FileStatus(of: content), to: target)
        }
      }
    } catch {
      try await images.unmountSnapshot(record.id)
      throw error
    }
    try await images.unmountSnapshot(record.id)
  }

  /// Ids of containers that mount a volume.
  public func containersUsing(volume name: String) -> [String] {
    table.all().filter { $0.record.mounts.contains { $0.kind == .volume && $0.name == name } }.map(\.id)
  }
}
