import Linux

/// The file in which a monitor leaves its container's exit code.
enum ExitFile {
  /// nil while there is none. Blocks.
  static func read(_ paths: ContainerPaths) -> ContainerExit? {
    guard let text = try? FileSystem.readText(paths.exit),
      let code = Int32(text.filter { $0.isNumber || $0 == "-" }),
      let status = try? FileStatus(path: paths.exit)
    else { return nil }
    return ContainerExit(
      id: paths.id, exitCode: code < 0 ? 255 : code, oomKilled: FileSystem.exists(paths.outOfMemory),
      finished: status.modified.seconds * 1_000_000_000 + status.modified.nanoseconds)
  }
}
