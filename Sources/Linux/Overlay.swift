import CLinux
import Glibc

/// Mounts overlayfs (Documentation/filesystems/overlayfs.rst).
public enum Overlay {
  /// What to mount. Names of layers are relative to `directory`, so that 127 of them fit the one page that mount(2)
  /// takes as options.
  public struct Request: Sendable {
    public var directory: String
    /// Topmost first.
    public var lower: [String]
    /// Nil for a mount that nothing can write to.
    public var upper: String?
    public var work: String?
    /// Further options, `index=off`.
    public var options: [String]
    public init(directory: String, lower: [String], upper: String?, work: String?, options: [String] = []) {
      self.directory = directory
      self.lower = lower
      self.upper = upper
      self.work = work
      self.options = options
    }
  }

  /// Mounts at `path`, an absolute one: one layer an option where the kernel takes that (Linux 6.8), else one string.
  public static func mount(_ request: Request, at path: String) throws(SystemError) {
    if request.lower.contains(where: { $0.contains(":") || $0.contains(",") || $0.contains("\\") }) {
      throw SystemError(.invalid, "mount", path)
    }
    if try mountByParts(request, at: path) { return }
    try mountByString(request, at: path)
  }

  /// False where this kernel lacks the calls or the option.
  private static func mountByParts(_ request: Request, at path: String) throws(SystemError) -> Bool {
    // Options that take paths resolve them from the working directory of the thread, so they are given in full here;
    // each may be 255 bytes long.
    let layers = request.lower.map { request.directory + "/" + $0 }
    let upper = request.upper.map { request.directory + "/" + $0 }
    let work = request.work.map { request.directory + "/" + $0 }
    guard (layers + [upper, work].compactMap { $0 }).allSatisfy({ $0.utf8.count < 256 }) else { return false }
    let raw = apus_fsopen("overlay", 1 /* FSOPEN_CLOEXEC */)
    guard raw >= 0 else { return false }
    let context = FileDescriptor(owning: raw)
    func set(_ key: String, _ value: String) -> Bool {
      value.withCString { apus_fsconfig(raw, 1 /* FSCONFIG_SET_STRING */, key, $0, 0) == 0 }
    }
    for layer in layers where !set("lowerdir+", layer) {
      context.close()
      return false
    }
    if let upper, let work {
      guard set("upperdir", upper), set("workdir", work) else { return false }
    }
    for option in request.options {
      let pair = option.split(separator: "=", maxSplits: 1)
      let done =
        pair.count == 2
        ? set(String(pair[0]), String(pair[1])) : apus_fsconfig(raw, 0 /* FSCONFIG_SET_FLAG */, option, nil, 0) == 0
      guard done else { return false }
    }
    _ = set("source", "overlay")
    guard apus_fsconfig(raw, 6 /* FSCONFIG_CMD_CREATE */, nil, nil, 0) == 0 else { return false }
    let mountRaw = apus_fsmount(raw, 1 /* FSMOUNT_CLOEXEC */, request.upper == nil ? 1 /* MOUNT_ATTR_RDONLY */ : 0)
    guard mountRaw >= 0 else { return false }
    let mounted = FileDescriptor(owning: mountRaw)
    try check("move_mount", path) {
      apus_move_mount(mounted.rawValue, "", AT_FDCWD, path, 4 /* MOVE_MOUNT_F_EMPTY_PATH */)
    }
    return true
  }

  private static func mountByString(_ request: Request, at path: String) throws(SystemError) {
    var options = ["lowerdir=" + request.lower.joined(separator: ":")]
    if let upper = request.upper, let work = request.work { options += ["upperdir=" + upper, "workdir=" + work] }
    let text = (options + request.options).joined(separator: ",")
    let size = Int(getpagesize())
    guard text.utf8.count < size else { throw SystemError(Errno(rawValue: E2BIG), "mount", path) }
    let directory = try FileDescriptor.open(request.directory, [.readOnly, .directory])
    let flags: UInt = request.upper == nil ? 1 : 0
    let error = apus_mount_in_directory(directory.rawValue, "overlay", path, "overlay", flags, text)
    guard error == 0 else { throw SystemError(Errno(rawValue: error), "mount", path) }
  }
}
