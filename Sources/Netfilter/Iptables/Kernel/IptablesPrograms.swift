import Addressing
import Linux
import Synchronization

/// The programs of iptables(8) on this host. Calls block, and act on the calling thread's network namespace: make them
/// on an owned thread. Each runs one program once.
public final class IptablesPrograms: Sendable {
  /// What stands behind the programs.
  public enum Kind: String, Sendable, CaseIterable {
    /// The kernel's nf_tables, which tells of every change.
    case nft
    /// The kernel's older x_tables, which tell nothing.
    case legacy
  }

  public let kind: Kind
  private let paths: [Name: String]
  private let environment: [String]
  /// The processes that change rules for us, the newest last; what they change is no news.
  private let own = Mutex<[Int32]>([])

  private struct Name: Hashable {
    var family: IPFamily
    var action: String
  }

  /// Finds the programs.
  /// - Parameters:
  ///   - searchPath: directories with colons between; nil takes PATH.
  ///   - kind: asks for the programs of one kind by their own names; nil takes those that the host's owner has chosen
  ///     (on Debian with update-alternatives).
  /// - Throws: `.missing` where there is none.
  public init(searchPath: String? = nil, kind: Kind? = nil) throws(IptablesError) {
    let directories =
      searchPath ?? Environment["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    environment = ["PATH=" + directories, "LC_ALL=C"]
    var paths: [Name: String] = [:]
    for (family, word) in [(IPFamily.v4, "iptables"), (.v6, "ip6tables")] {
      for action in ["save", "restore"] {
        let name = ([word] + (kind.map { [$0.rawValue] } ?? []) + [action]).joined(separator: "-")
        guard
          let path = directories.split(separator: ":").map({ "\($0)/\(name)" }).first(where: {
            FileSystem.isExecutable($0)
          })
        else {
          throw IptablesError(
            .missing, "\(name) is not in the path: install Debian's package iptables (apt-get install iptables)")
        }
        paths[Name(family: family, action: action)] = path
      }
    }
    self.paths = paths
    let path = paths[Name(family: .v4, action: "restore")] ?? ""
    let version = try Self.run(path, ["--version"], environment: environment) {
      (start) throws(SystemError) in try start()
    }
    // `iptables-restore v1.8.9 (nf_tables)`; before 1.8 there was only one kind, and it had no name.
    self.kind = version.contains("nf_tables") ? .nft : .legacy
  }

  /// What the tables of a family hold.
  public func snapshot(_ family: IPFamily) throws(IptablesError) -> Iptables.Snapshot {
    Iptables.Snapshot(try run(family, "save", []))
  }

  /// Carries out a transaction.
  /// - Throws: `.refused` with the program's words, and the line that they are about. Tables before the one of that
  ///   line have changed then.
  public func commit(_ transaction: Iptables.Transaction) throws(IptablesError) {
    if transaction.isEmpty { return }
    // Ten seconds are enough for whoever else changes rules of the older kind, which one process at a time can do.
    _ = try run(transaction.family, "restore", ["--noflush", "--wait=10"], input: transaction.text)
  }

  /// Whether a process was started here to change rules. Numbers are those of the kernel's first process namespace;
  /// elsewhere all processes are strangers, which costs a look at rules that have not changed.
  public func isOwn(process: Int32) -> Bool { own.withLock { $0.contains(process) } }

  private func run(
    _ family: IPFamily, _ action: String, _ arguments: [String], input: String = ""
  ) throws(IptablesError) -> String {
    try Self.run(paths[Name(family: family, action: action)] ?? "", arguments, environment: environment, input: input) {
      (start) throws(SystemError) in
      // Under the lock: the process cannot have changed anything before its number is known.
      try own.withLock { (own: inout sending [Int32]) throws(SystemError) in
        let child = try start()
        own = own.suffix(63) + [child.pid]
        return child
      }
    }
  }

  /// Runs a program and returns what it printed.
  private static func run(
    _ path: String, _ arguments: [String], environment: [String], input: String = "",
    starting: (() throws(SystemError) -> ChildProcess) throws(SystemError) -> ChildProcess
  ) throws(IptablesError) -> String {
    let name = FileSystem.name(of: path)
    do {
      let feed = try FileDescriptor.pipe()
      let output = try FileDescriptor.pipe()
      let errors = try FileDescriptor.pipe()
      let request = ProcessRequest(
        path, arguments, environment: environment, workingDirectory: "/",
        descriptors: [feed.read, output.write, errors.write])
      let child = try starting { () throws(SystemError) in try ChildProcess.start(request) }
      feed.read.close()
      output.write.close()
      errors.write.close()
      // A program that has ended early tells why; that it does not listen any more is not the reason.
      do { try feed.write.writeAll(input.utf8) } catch { if error.code != .brokenPipe { throw error } }
      feed.write.close()
      // The programs print on one of the two, and little on errors: neither pipe can be full while the other is read.
      let text = String(decoding: try output.read.readToEnd(), as: UTF8.self)
      let complaint = String(decoding: try errors.read.readToEnd(limit: 1 << 20), as: UTF8.self)
      let status = try child.wait()
      if status == .exited(0) { return text }
      throw IptablesError(.refused, explain(name, complaint, status, input))
    } catch let error as IptablesError { throw error } catch {
      throw IptablesError(.failed, "\(name): \(error)", cause: error)
    }
  }

  /// The program's complaint on one line, with the line of the input that it is about.
  private static func explain(_ name: String, _ complaint: String, _ status: ExitStatus, _ input: String) -> String {
    let words = complaint.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    var text = words.isEmpty ? "\(name) ended with \(status.code)" : words.contains(name) ? words : "\(name): \(words)"
    if let start = words.firstRange(of: "line ")?.upperBound, let number = Int(words[start...].prefix { $0.isNumber }) {
      let lines = input.split(separator: "\n", omittingEmptySubsequences: false)
      if (1...max(lines.count, 1)).contains(number), !lines.isEmpty { text += " (\(lines[number - 1]))" }
    }
    return text
  }
}
