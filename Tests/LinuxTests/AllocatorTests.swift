import Linux
import Testing

@Suite struct AllocatorTests {
  /// Pages that the kernel has given to this thread so far.
  private static func pages() throws -> Int {
    // Behind the name, which may have spaces (proc_pid_stat(5)).
    let text = try #require(try FileSystem.readText("/proc/thread-self/stat").split(separator: ")").last)
    return try #require(Int(text.split(separator: " ")[7]))
  }

  @Test func whatIsFreedIsThereForTheNextBurst() throws {
    Allocator.keepFreed(upTo: 1 << 20)
    var sum = 0
    func burst() {
      // Blocks that come from the heap in any case, and together are more than glibc keeps of it in the beginning.
      let blocks = (0..<12).map { _ in [UInt8](repeating: 1, count: 100 << 10) }
      sum += blocks.reduce(0) { $0 + Int($1[sum % $1.count]) }
    }
    for _ in 0..<4 { burst() }
    let before = try Self.pages()
    for _ in 0..<100 { burst() }
    // Each burst is of 300 pages.
    #expect(try Self.pages() - before < 100 * 30 && sum == 104 * 12)
  }
}
