import Linux
import Testing

/// A directory that is gone after the test.
final class Scratch {
  let path = "/tmp/apus-test-\(UInt64.random(in: 0 ... .max))"
  init() throws { try FileSystem.makeDirectory(path, mode: 0o755) }
  deinit { do { try FileSystem.removeTree(path) } catch { Issue.record("\(error)") } }

  func open() throws -> FileDescriptor { try .open(path, [.pathOnly, .directory]) }
  func text(_ name: String) throws -> String { try FileSystem.readText("\(path)/\(name)") }
  func write(_ name: String, _ text: String) throws { try FileSystem.write("\(path)/\(name)", Array(text.utf8)) }
}
