import Glibc
import Synchronization

/// Runs a line of shell in a directory that vanishes with the test; for openssl's judgement about what we make.
struct Shell: Sendable {
  let directory: String

  static let hasOpenSSL = access("/usr/bin/openssl", X_OK) == 0

  private static let counter = Atomic(0)

  static func with<Result>(_ body: (Shell) async throws -> Result) async throws -> Result {
    let number = counter.add(1, ordering: .relaxed).newValue
    let directory = "/tmp/apus-pki-\(getpid())-\(number)"
    mkdir(directory, 0o700)
    let shell = Shell(directory: directory)
    defer { _ = try? shell.run("rm -r \(directory)") }
    return try await body(shell)
  }

  func path(_ name: String) -> String { "\(directory)/\(name)" }

  func write(_ name: String, _ text: String) throws {
    let file = fopen(path(name), "w")
    guard let file else { throw Failure(text: "cannot write \(name)") }
    fputs(text, file)
    fclose(file)
  }

  func read(_ name: String) throws -> String { try run("cat \(name)") }

  struct Failure: Error { let text: String }

  /// What a line prints; throws with it where the line fails.
  @discardableResult
  func run(_ line: String) throws -> String {
    guard let pipe = popen("cd \(directory) && { \(line)\n} 2>&1", "r") else { throw Failure(text: "no shell") }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 { bytes += buffer[..<count] }
    let text = String(decoding: bytes, as: UTF8.self)
    guard pclose(pipe) == 0 else { throw Failure(text: text) }
    return text
  }
}
