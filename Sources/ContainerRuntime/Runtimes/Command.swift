import Linux

/// A program of the host that runs to its end while its output is collected. Blocks.
enum Command {
  struct Outcome: Sendable {
    var status: ExitStatus
    var output: [UInt8]
    var errors: String
  }

  /// Runs a program with both outputs in pipes; at most a few megabytes of output are kept.
  static func run(
    _ path: String, _ arguments: [String], hideUnifiedCgroup: Bool = false, workingDirectory: String? = nil
  ) throws -> Outcome {
    let output = try FileDescriptor.pipe()
    let errors = try FileDescriptor.pipe()
    var request = ProcessRequest(
      path, arguments, environment: environment, workingDirectory: workingDirectory,
      descriptors: [nil, output.write, errors.write])
    request.hideUnifiedCgroup = hideUnifiedCgroup
    let child = try ChildProcess.start(request)
    output.write.close()
    errors.write.close()
    // Runtimes write little to either; a full pipe of 64 KiB on the one while we read the other would need a fault.
    let text = try output.read.readToEnd(limit: 8 << 20)
    output.read.close()
    let message = try errors.read.readToEnd(limit: 1 << 20)
    errors.read.close()
    return Outcome(status: try child.wait(), output: text, errors: String(decoding: message, as: UTF8.self))
  }

  /// What the programs find; nothing of the engine's own environment leaks into containers' runtimes.
  static let environment = ["PATH=" + ContainerDefaults.path, "LC_ALL=C"]
}
