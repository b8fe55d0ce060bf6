import Linux

/// The file in which a monitor leaves its container's exit code.
enum ExitFile {
  /// nil while there is none. Blocks.
  static func read(_ paths: ContainerPaths) throws(SystemError) -> ContainerExit? {
    guard let bytes = try FileSystem.readIfPresent(paths.exit),
      let code = Int32(String(decoding: bytes, as: UTF8.self).filter { $0.isNumber || $0 == "-" })
    else { return nil }
    let status = try FileStatus(path: paths.exit)
    return ContainerExit(
      id: paths.id, exitCode: code < 0 ? 255 : code, oomKilled: FileSystem.exists(paths.outOfMemory),
      finished: status.modified.seconds * 1_000_000_000 + status.modified.nanoseconds)
  }
}
