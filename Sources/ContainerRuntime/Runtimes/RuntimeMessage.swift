/// Turns a runtime's complaint into docker's words and kind of failure.
enum RuntimeMessage {
  /// - Parameter action: `create`, `start` or `exec`.
  static func error(_ text: String, action: String, runtime: RuntimeProgram, command: String) -> RuntimeError {
    let detail = clean(text, runtime)
    let lower = detail.lowercased()
    var code = RuntimeError.Code.failed
    var words = detail
    if lower.contains("executable file") && lower.contains("not found") {
      code = .commandNotFound
      words =
        command.contains("/")
        ? "exec: \"\(command)\": stat \(command): no such file or directory"
        : "exec: \"\(command)\": executable file not found in $PATH"
    } else if concerns(lower, command), lower.contains("no such file or directory") {
      code = .commandNotFound
      words = "exec: \"\(command)\": stat \(command): no such file or directory"
    } else if lower.contains("permission denied") && concerns(lower, command)
      || lower.contains("open executable: operation not permitted")
    {
      code = .commandNotExecutable
      words = "exec: \"\(command)\": permission denied"
    } else if concerns(lower, command), lower.contains("is a directory") {
      code = .commandNotExecutable
      words = "exec: \"\(command)\": is a directory"
    } else if concerns(lower, command), lower.contains("exec format error") {
      code = .commandNotExecutable
      words = "exec \(command): exec format error"
    } else if lower.contains("permission denied") {
      code = .commandNotExecutable
    } else if lower.contains("not a directory") {
      code = .commandNotFound
      words +=
        ": Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists "
        + "and is the expected type"
    }
    let inner =
      "OCI runtime \(action) failed: \(runtime.name) \(action) failed: unable to start container process: \(words)"
    if action == "exec" { return RuntimeError(code, "\(inner): unknown") }
    return RuntimeError(
      code, "failed to create task for container: failed to create shim task: \(inner): unknown")
  }

  /// Whether a message is about the program to run and not about a mount or a limit.
  private static func concerns(_ text: String, _ command: String) -> Bool {
    text.contains("exec") || (!command.isEmpty && text.contains(command.lowercased()))
  }

  /// The last complaint, without time stamps and the program's own name.
  private static func clean(_ text: String, _ runtime: RuntimeProgram) -> String {
    let lines = text.split(whereSeparator: \.isNewline).map(String.init)
    var line = lines.last { $0.contains("error") || $0.contains("failed") || $0.contains(":") } ?? lines.last ?? ""
    if let range = line.firstRange(of: "msg=\"") {
      line = String(line[range.upperBound...])
      if line.hasSuffix("\"") { line.removeLast() }
      line = line.replacing("\\\"", with: "\"")
    }
    for prefix in ["[conmon:e]: ", "\(runtime.name): ", "crun: ", "error: "] where line.hasPrefix(prefix) {
      line.removeFirst(prefix.count)
    }
    while line.last?.isWhitespace == true { line.removeLast() }
    return line
  }
}
