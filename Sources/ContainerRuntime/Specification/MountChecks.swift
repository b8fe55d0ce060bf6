import Linux

/// Checks of bind mounts that only the host can answer. Blocks.
enum MountChecks {
  /// Refuses sources that are not there, and propagation that the source's own mount does not have, in docker's words.
  ///
  /// - Returns: The sources that are no directories.
  static func check(_ mounts: [MountSpecification]) throws -> Set<String> {
    var files: Set<String> = []
    var table: [MountPoint]?
    for mount in mounts {
      guard case .bind(let source) = mount.kind else { continue }
      if try BindSource.status(of: source).kind != .directory { files.insert(source) }
      let wantsShared = mount.propagation.hasSuffix("shared")
      guard wantsShared || mount.propagation.hasSuffix("slave") else { continue }
      let all = try table ?? Mounts.all()
      table = all
      guard let holder = holder(of: source, in: all) else { continue }
      if wantsShared && !holder.isShared {
        throw RuntimeError(
          .invalidSpecification, "path \(source) is mounted on \(holder.path) but it is not a shared mount")
      }
      if !wantsShared && !holder.isShared {
        throw RuntimeError(
          .invalidSpecification, "path \(source) is mounted on \(holder.path) but it is not a shared or slave mount")
      }
    }
    return files
  }

  /// The mount that a path lies on: the deepest mount point above it, the latest of several.
  private static func holder(of path: String, in all: [MountPoint]) -> MountPoint? {
    var best: MountPoint?
    for mount in all where mount.path == "/" || path == mount.path || path.hasPrefix(mount.path + "/") {
      if mount.path.utf8.count >= best?.path.utf8.count ?? 0 { best = mount }
    }
    return best
  }
}
