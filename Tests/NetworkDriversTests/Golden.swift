import Linux
import Testing

/// Compares text with a file beside the tests. `APUS_UPDATE_GOLDEN=1` writes the file instead.
func expectGolden(_ text: String, _ name: String, _ sourceLocation: SourceLocation = #_sourceLocation) throws {
  let path = FileSystem.directory(of: #filePath) + "/Golden/\(name).txt"
  if try FileSystem.readText("/proc/self/environ").contains("APUS_UPDATE_GOLDEN=1") {
    try FileSystem.write(path, Array(text.utf8))
  }
  #expect(try FileSystem.readText(path) == text, "differs from Golden/\(name).txt", sourceLocation: sourceLocation)
}
