import Linux

/// The programs that Apus starts.
enum ProgramCheck {
  static func all() -> [Finding] { [runtime(), monitor()] }

  private static func runtime() -> Finding {
    var broken: [String] = []
    var works: [String] = []
    for name in ["crun", "runc"] {
      guard let path = find(name) else { continue }
      switch version(path) {
      case .success(let version): works.append("\(path) (\(version))")
      case .failure(let error): broken.append("\(path): \(error.message)")
      }
    }
    if !works.isEmpty { return .ok("OCI runtime", works.joined(separator: ", ")) }
    if !broken.isEmpty {
      return .missing("OCI runtime", broken.joined(separator: ", "), "apt-get install --reinstall crun")
    }
    return .missing("OCI runtime", "neither crun nor runc is in the path", "apt-get install crun")
  }

  private static func monitor() -> Finding {
    guard let path = find("conmon") else {
      return .missing("conmon", "not in the path", "apt-get install conmon")
    }
    switch version(path) {
    case .success(let version): return .ok("conmon", "\(path) (\(version))")
    case .failure(let error):
      return .missing("conmon", "\(path): \(error.message)", "apt-get install --reinstall conmon")
    }
  }

  private static func find(_ name: String) -> String? {
    let path = Environment["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return path.split(separator: ":").map { "\($0)/\(name)" }.first { FileSystem.isExecutable($0) }
  }

  private struct Failure: Error {
    let message: String
  }

  /// The version in the first line of `PROGRAM --version`.
  private static func version(_ path: String) -> Result<String, Failure> {
    do {
      let (read, write) = try FileDescriptor.pipe()
      let child = try ChildProcess.start(ProcessRequest(path, ["--version"], descriptors: [nil, write, nil]))
      write.close()
      let output = String(decoding: try read.readToEnd(limit: 65_536), as: UTF8.self)
      let status = try child.wait()
      guard status == .exited(0) else { return .failure(Failure(message: "ended with \(status.code)")) }
      let line = output.split(separator: "\n").first.map(String.init) ?? ""
      return .success(line.firstRange(of: "version ").map { String(line[$0.upperBound...]) } ?? line)
    } catch {
      return .failure(Failure(message: "\(error)"))
    }
  }
}
