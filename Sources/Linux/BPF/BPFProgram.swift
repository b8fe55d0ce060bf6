import CLinux
import Glibc

/// What a program of a control group is asked about (bpf(2), `enum bpf_attach_type`).
public enum CgroupHook: Sendable, Hashable, CaseIterable {
  /// connect(2) of an IPv4 socket, before its route is looked up (Linux 4.17).
  case connect4
  /// getpeername(2) of an IPv4 socket (Linux 5.8).
  case peerName4
  /// getsockname(2) of an IPv4 socket (Linux 5.8).
  case socketName4

  var number: UInt32 {
    switch self {
    case .connect4: 10
    case .peerName4: 29
    case .socketName4: 31
    }
  }
}

/// A program in the kernel (bpf(2)). It lives as long as somebody has a descriptor of it or it is attached somewhere.
public struct BPFProgram: Sendable {
  public let descriptor: FileDescriptor
  /// The kernel's number of it.
  public let id: UInt32
  public let name: String
  /// A hash of its instructions, whatever maps they use.
  public let tag: [UInt8]
  /// The maps that it uses, by their numbers; not more than eight are told.
  public let maps: [UInt32]

  /// Loads a program for a hook of control groups (BPF_PROG_TYPE_CGROUP_SOCK_ADDR). It calls nothing that the kernel
  /// keeps for programs under the GPL, and declares no license.
  /// - Parameters:
  ///   - name: at most 15 letters, digits, `_` and `.`.
  ///   - instructions: see `BPFAssembler`.
  /// - Throws: `SystemError` with the verifier's last words where it does not like the program.
  public static func load(
    _ name: String, for hook: CgroupHook, _ instructions: [UInt8]
  ) throws(SystemError) -> BPFProgram {
    var attempts = 0
    var log: [CChar] = []
    while true {
      let raw = log.withUnsafeMutableBufferPointer {
        apus_bpf_program_load(
          cgroupSocketAddress, hook.number, instructions, UInt32(instructions.count / 8), "", name,
          $0.isEmpty ? nil : $0.baseAddress, UInt32($0.count))
      }
      if raw >= 0 { return try BPFProgram(FileDescriptor(owning: raw)) }
      let code = Errno.current
      attempts += 1
      // The verifier gives up when a signal is pending, and must be asked again.
      if code == .interrupted || code == .tryAgain, attempts < 10 { continue }
      if log.isEmpty, code == .accessDenied || code == .invalid {
        log = [CChar](repeating: 0, count: 1 << 16)
        continue
      }
      throw SystemError(code, "bpf", "load program \(name)\(lastWords(log))")
    }
  }

  /// Opens the program with a number; `.noEntry` where there is none any more.
  public init(id: UInt32) throws(SystemError) {
    try self.init(FileDescriptor(owning: try check("bpf", "program \(id)") { apus_bpf_program_open(id) }))
  }

  private init(_ descriptor: FileDescriptor) throws(SystemError) {
    var info = apus_bpf_program_info()
    let raw = descriptor.rawValue
    try check("bpf", "information on a program") { apus_bpf_program_info(raw, &info) }
    self.descriptor = descriptor
    id = info.id
    name = withUnsafeBytes(of: info.name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    tag = withUnsafeBytes(of: info.tag) { Array($0) }
    let count = Int(min(info.map_count, 8))
    maps = withUnsafeBytes(of: info.maps) { Array($0.bindMemory(to: UInt32.self).prefix(count)) }
  }

  /// What the verifier said before its statistics.
  private static func lastWords(_ log: [CChar]) -> String {
    let text = String(decoding: log.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("processed ") }
    return lines.isEmpty ? "" : " (\(lines.suffix(2).joined(separator: "; ")))"
  }

  private static let cgroupSocketAddress: UInt32 = 18
}

/// Programs of control groups: each is asked for the processes of its group and of all groups below (bpf(2)).
public enum CgroupPrograms {
  /// Attaches a program beside others that are there (BPF_F_ALLOW_MULTI).
  /// - Parameter group: the directory of a group in the v2 tree.
  public static func attach(
    _ program: BPFProgram, to group: FileDescriptor, _ hook: CgroupHook
  ) throws(SystemError) {
    let (group, raw) = (group.rawValue, program.descriptor.rawValue)
    try check("bpf", "attach program \(program.name)") { apus_bpf_attach(group, raw, hook.number, 2) }
  }

  /// Takes a program off; one that is not there is no error.
  public static func detach(
    _ program: BPFProgram, from group: FileDescriptor, _ hook: CgroupHook
  ) throws(SystemError) {
    if apus_bpf_detach(group.rawValue, program.descriptor.rawValue, hook.number) == 0 { return }
    if Errno.current != .noEntry { throw SystemError(.current, "bpf", "detach program \(program.name)") }
  }

  /// The numbers of the programs that are attached to a group itself, in the order in which they run.
  public static func attached(to group: FileDescriptor, _ hook: CgroupHook) throws(SystemError) -> [UInt32] {
    // The kernel attaches no more than this many.
    var ids = [UInt32](repeating: 0, count: 64)
    var count = UInt32(ids.count)
    let raw = group.rawValue
    try check("bpf", "query programs") {
      count = 64
      return apus_bpf_query(raw, hook.number, &ids, &count)
    }
    return Array(ids.prefix(Int(count)))
  }
}

extension Sockets {
  /// The number of the network namespace that a socket is in (SO_NETNS_COOKIE, Linux 5.14): never given twice while the
  /// host runs.
  public static func networkCookie(of socket: FileDescriptor) throws(SystemError) -> UInt64 {
    let raw = socket.rawValue
    var cookie: UInt64 = 0
    try check("getsockopt", "SO_NETNS_COOKIE") { apus_network_cookie(raw, &cookie) }
    return cookie
  }
}
