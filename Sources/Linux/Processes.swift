import CLinux
import Glibc

/// A program to start, exactly as posix_spawn(3) cannot: with namespaces joined, the descriptors it gets and no others.
public struct ProcessRequest: Sendable {
  public var path: String
  /// With the program's own name first.
  public var arguments: [String]
  /// `NAME=value`.
  public var environment: [String]
  public var workingDirectory: String?
  /// `descriptors[i]` becomes descriptor `i` of the child; nil is /dev/null. At most 64. Nothing else is inherited.
  public var descriptors: [FileDescriptor?]
  public var newSession = false
  /// The signal that the child gets when the thread that started it ends (prctl(2), PR_SET_PDEATHSIG).
  public var parentDeathSignal: Int32 = 0
  /// Runs the child in a private mount namespace without /sys/fs/cgroup/unified: crun 1.8 refuses hosts where v1
  /// controllers and an empty v2 tree live side by side, and works on v1 when the v2 tree is out of sight.
  public var hideUnifiedCgroup = false
  public var mountNamespace: FileDescriptor?

  public init(
    _ path: String, _ arguments: [String], environment: [String] = [], workingDirectory: String? = nil,
    descriptors: [FileDescriptor?] = [nil, nil, nil]
  ) {
    self.path = path
    self.arguments = [path] + arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.descriptors = descriptors
  }
}

/// How a process ended.
public enum ExitStatus: Sendable, Equatable {
  case exited(Int32)
  case signaled(Int32)

  /// The shell's convention: 128 + signal.
  public var code: Int32 {
    switch self {
    case .exited(let code): code
    case .signaled(let signal): 128 + signal
    }
  }
}

/// A child of this process, held by its pidfd so that its number cannot be mistaken for another's.
public final class ChildProcess: Sendable {
  public let pid: Int32
  /// Readable when the child has ended (pidfd_open(2)).
  public let pidfd: FileDescriptor

  init(pid: Int32, pidfd: FileDescriptor) {
    self.pid = pid
    self.pidfd = pidfd
  }

  /// Starts a program. Blocks until the child has reached exec (well under a millisecond).
  public static func start(_ request: ProcessRequest) throws(SystemError) -> ChildProcess {
    var arguments: [UnsafeMutablePointer<CChar>?] = request.arguments.map { strdup($0) } + [nil]
    var environment: [UnsafeMutablePointer<CChar>?] = request.environment.map { strdup($0) } + [nil]
    let path = strdup(request.path)
    let cwd = request.workingDirectory.map { strdup($0) } ?? nil
    defer {
      for pointer in arguments + environment { free(pointer) }
      free(path)
      free(cwd)
    }
    let descriptors = request.descriptors.map { $0?.rawValue ?? -1 }
    var pidfd: Int32 = -1
    var stage: Int32 = 0
    let pid = descriptors.withUnsafeBufferPointer { numbers in
      arguments.withUnsafeMutableBufferPointer { argv in
        environment.withUnsafeMutableBufferPointer { envp in
          var raw = apus_spawn()
          raw.path = UnsafePointer(path)
          raw.argv = UnsafePointer(argv.baseAddress)
          raw.envp = UnsafePointer(envp.baseAddress)
          raw.cwd = UnsafePointer(cwd)
          raw.descriptors = numbers.baseAddress
          raw.descriptor_count = Int32(numbers.count)
          raw.new_session = request.newSession ? 1 : 0
          raw.parent_death_signal = request.parentDeathSignal
          raw.hide_unified_cgroup = request.hideUnifiedCgroup ? 1 : 0
          raw.join_mount_namespace = request.mountNamespace?.rawValue ?? -1
          return apus_spawn(&raw, &pidfd, &stage)
        }
      }
    }
    guard pid > 0 else {
      throw SystemError(.current, String(cString: apus_spawn_stage_name(stage)), request.path)
    }
    return ChildProcess(pid: pid, pidfd: FileDescriptor(owning: pidfd))
  }

  /// Sends a signal; one that has ended already is no error.
  public func signal(_ number: Int32) throws(SystemError) { try Processes.signal(number, to: pidfd) }

  /// Waits for the end. Blocks; reaps the child.
  public func wait() throws(SystemError) -> ExitStatus {
    var code: Int32 = 0
    var status: Int32 = 0
    let raw = pidfd.rawValue
    try check("waitid", "\(pid)") { apus_waitid_pidfd(raw, Int32(WEXITED), &code, &status) }
    return code == 1 ? .exited(status) : .signaled(status)
  }
}

/// Processes that are not necessarily our children.
public enum Processes {
  /// A handle on a process (pidfd_open(2)); nil when there is none with that number.
  public static func open(_ pid: Int32) throws(SystemError) -> FileDescriptor? {
    let raw = apus_pidfd_open(pid, 0)
    if raw >= 0 { return FileDescriptor(owning: raw) }
    if Errno.current == .noProcess { return nil }
    throw SystemError(.current, "pidfd_open", "\(pid)")
  }

  /// Signals the process behind a pidfd; one that has ended is no error.
  public static func signal(_ number: Int32, to pidfd: FileDescriptor) throws(SystemError) {
    if apus_pidfd_send_signal(pidfd.rawValue, number) == 0 { return }
    let code = Errno.current
    if code != .noProcess { throw SystemError(code, "pidfd_send_signal") }
  }

  /// When a process started, in clock ticks since boot (field 22 of /proc/PID/stat): with the pid it names a process
  /// uniquely across pid reuse.
  public static func startTime(of pid: Int32) throws(SystemError) -> UInt64? {
    guard let fields = try stateAndFurther(pid) else { return nil }
    return fields.count > 19 ? UInt64(fields[19]) : nil
  }

  /// True while a process is there and is no zombie.
  public static func isAlive(_ pid: Int32) throws(SystemError) -> Bool {
    guard let state = try stateAndFurther(pid)?.first else { return false }
    return state != "Z" && state != "X"
  }

  /// The fields of /proc/PID/stat from the third on, behind the name in brackets, which may hold anything; nil where
  /// there is no such process.
  private static func stateAndFurther(_ pid: Int32) throws(SystemError) -> [Substring]? {
    guard let bytes = try FileSystem.readIfPresent("/proc/\(pid)/stat") else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = text.lastIndex(of: ")") else { return nil }
    return text[text.index(after: end)...].split(separator: " ")
  }

  /// This process.
  public static var current: Int32 { getpid() }
}
