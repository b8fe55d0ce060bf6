import Linux

/// A network namespace of a test's own, entered by a thread of its own that ends with it.
enum TestNamespace {
  /// Runs `body` on a new thread in a new network namespace.
  static func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      do {
        try Threads.start(name: "test-netns", stackSize: 1 << 20) {
          continuation.resume(
            with: .init {
              try Namespaces.unshare(.network)
              return try body()
            })
        }
      } catch { continuation.resume(throwing: error) }
    }
  }

  /// Runs a command in the calling thread's namespaces and returns what it printed on both outputs.
  @discardableResult
  static func command(_ path: String, _ arguments: [String], input: String = "") throws -> String {
    let output = try FileDescriptor.pipe()
    let feed = try FileDescriptor.pipe()
    let child = try ChildProcess.start(
      ProcessRequest(
        path, arguments, environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
        descriptors: [feed.read, output.write, output.write]))
    feed.read.close()
    output.write.close()
    try feed.write.writeAll(Array(input.utf8))
    feed.write.close()
    let text = String(decoding: try output.read.readToEnd(), as: UTF8.self)
    let status = try child.wait()
    if status != .exited(0) { throw CommandFailure(text: "\(path) \(arguments): \(status): \(text)") }
    return text
  }

  struct CommandFailure: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
  }
}
