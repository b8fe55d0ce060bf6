import AsyncWork
import Linux

extension ContainerRuntime {
  /// The runtimes that can be chosen by name.
  public func installedRuntimes() -> [RuntimeProgram] {
    var found: [RuntimeProgram] = []
    for name in ["crun", "runc"] where configuration.runtimes[name] == nil {
      if let path = HostPrograms.find(name) { found.append(RuntimeProgram(name: name, path: path)) }
    }
    for (name, path) in configuration.runtimes.sorted(by: { $0.key < $1.key }) {
      if let path = HostPrograms.find(path) { found.append(RuntimeProgram(name: name, path: path)) }
    }
    return found
  }

  /// The runtime for a name or path; nil chooses the default.
  public func runtime(named name: String?) throws(RuntimeError) -> RuntimeProgram {
    let installed = installedRuntimes()
    guard let wanted = name ?? configuration.defaultRuntime, !wanted.isEmpty else {
      guard let first = installed.first else { throw HostPrograms.missing("crun") }
      return first
    }
    if let found = installed.first(where: { $0.name == wanted }) { return found }
    if wanted.hasPrefix("/"), let path = HostPrograms.find(wanted) {
      return RuntimeProgram(name: FileSystem.name(of: path), path: path)
    }
    if wanted == "crun" || wanted == "runc" { throw HostPrograms.missing(wanted) }
    throw RuntimeError(.invalidSpecification, "unknown or invalid runtime name: \(wanted)")
  }

  /// First line of what a program prints for `--version`, without its name; empty where it says nothing.
  public func version(of path: String) async -> (version: String, commit: String) {
    let outcome = try? await pool.run { try Command.run(path, ["--version"]) }
    guard let outcome else { return ("", "") }
    var version = ""
    var commit = ""
    for line in String(decoding: outcome.output, as: UTF8.self).split(separator: "\n") {
      if line.hasPrefix("commit: ") {
        commit = String(line.dropFirst(8))
      } else if version.isEmpty, let range = line.firstRange(of: " version ") {
        version = String(line[range.upperBound...])
      }
    }
    return (version, commit)
  }

  /// Path of the monitor.
  public func monitorPath() throws(RuntimeError) -> String {
    guard let path = HostPrograms.find(configuration.monitor) else { throw HostPrograms.missing(configuration.monitor) }
    return path
  }

  /// Path of the small init for `ContainerSpecification.initPath`: one that needs no library, because it runs in
  /// containers that have none.
  public func initProgram() throws(RuntimeError) -> String {
    for name in ["docker-init", "tini-static"] {
      if let path = HostPrograms.find(name) { return path }
    }
    throw HostPrograms.missing("tini-static")
  }
}
