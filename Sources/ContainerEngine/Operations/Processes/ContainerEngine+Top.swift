import ContainerRuntime
import Linux

extension ContainerEngine {
  /// A container's processes as ps(1) of the host shows them (`docker top`).
  ///
  /// - Parameter arguments: of ps; `-ef` where there are none.
  public func topContainer(
    _ reference: String, arguments: [String] = []
  ) async throws(EngineError) -> (titles: [String], processes: [[String]]) {
    var words = arguments.flatMap { $0.split(separator: " ").map(String.init) }
    if words.isEmpty { words = ["-ef"] }
    try ProcessTable.validate(arguments: words.joined(separator: " "))
    let record = try table.find(reference).record
    if record.state.status == .restarting {
      throw EngineError(.conflict, "Container \(record.id) is restarting, wait until the container is running")
    }
    guard record.state.isRunning else { throw EngineError(.conflict, "container \(record.id) is not running") }
    do {
      let pids = try await runtime.processes(of: record.id)
      let list = pids.map(String.init).joined(separator: ",")
      var result = try await Self.ps(words + ["-q" + list])
      // Some arguments cannot be combined with a list of processes; then the lines are picked out of all of them.
      if result.status != 0 { result = try await Self.ps(words) }
      guard result.status == 0 else {
        let line = result.errors.split(separator: "\n").first.map(String.init) ?? "exit status \(result.status)"
        throw EngineError(.internalFailure, "ps: \(line)")
      }
      let processes = try ProcessTable(parsing: result.output, pids: Set(pids))
      publish(record, "top")
      return (processes.titles, processes.processes)
    } catch { throw EngineError.shaped(error) }
  }

  private static func ps(_ arguments: [String]) async throws -> (status: Int32, output: String, errors: String) {
    try await OwnThread.run("apus-ps") {
      guard let path = ["/usr/bin/ps", "/bin/ps"].first(where: FileSystem.isExecutable) else {
        throw EngineError(.internalFailure, "ps is not installed on this host; install it with: apt-get install procps")
      }
      return try ProgramOutput.run(path, arguments)
    }
  }
}

/// Runs a program to its end and collects what it says. Blocks.
enum ProgramOutput {
  /// What is kept of either stream.
  private static let limit = 16 << 20

  static func run(
    _ path: String, _ arguments: [String]
  ) throws -> (status: Int32, output: String, errors: String) {
    let output = try FileDescriptor.pipe()
    let errors = try FileDescriptor.pipe()
    let request = ProcessRequest(
      path, arguments, environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"],
      descriptors: [nil, output.write, errors.write])
    let child = try ChildProcess.start(request)
    output.write.close()
    errors.write.close()
    // Programs that are run like this say little on standard error, less than a pipe holds.
    let text = try output.read.readToEnd(limit: limit)
    output.read.close()
    let complaints = try errors.read.readToEnd(limit: limit)
    let status = try child.wait()
    return (status.code, String(decoding: text, as: UTF8.self), String(decoding: complaints, as: UTF8.self))
  }
}
