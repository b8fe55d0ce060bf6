import AsyncWork
import Linux

/// Runs a program to its end and returns what it printed.
enum Command {
  static func exists(_ path: String) -> Bool { FileSystem.exists(path) }

  static func run(_ path: String, _ arguments: [String], input: String? = nil) async throws -> (
    status: Int32, output: String
  ) {
    let thread = try OwnedThread(name: "command")
    defer { thread.stop() }
    return try await thread.run {
      let (read, write) = try FileDescriptor.pipe()
      let source = try FileDescriptor.pipe()
      let child = try ChildProcess.start(
        ProcessRequest(
          path, arguments, environment: ["PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"],
          descriptors: [source.read, write, write]))
      write.close()
      source.read.close()
      if let input { try source.write.writeAll(input.utf8) }
      source.write.close()
      let output = try read.readToEnd()
      return (try child.wait().code, String(decoding: output, as: UTF8.self))
    }
  }
}
