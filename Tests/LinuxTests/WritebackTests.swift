import Linux
import Testing

@Suite struct WritebackTests {
  @Test func isOnlyAdvice() throws {
    let path = "/tmp/apus-writeback-\(UInt64.random(in: 0 ... .max))"
    defer { try? FileSystem.removeFile(path) }
    let file = try FileDescriptor.open(path, [.readWrite, .create, .exclusive], mode: 0o600)
    try file.writeAll([UInt8]("content".utf8))
    file.startWriteback()
    file.startWriteback(from: 2, count: 3)
    try #expect(FileSystem.readText(path) == "content")
    // A pipe has no pages; nothing happens and nobody is told.
    let (read, write) = try FileDescriptor.pipe()
    write.startWriteback()
    read.close()
    write.close()
  }
}
