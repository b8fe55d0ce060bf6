import AsyncWork
import Linux
import Synchronization

/// Bytes that blocking work produces and an asynchronous reader takes, through a pipe: the work waits when the reader is
/// slow, and fails when the reader goes away.
public struct ByteStream: AsyncSequence, Sendable {
  public typealias Element = [UInt8]

  private let input: Linux.FileDescriptor
  private let pool: BlockingPool
  private let outcome: Outcome

  final class Outcome: Sendable {
    let error = Mutex<(any Error)?>(nil)
  }

  private static let pieceSize = 256 * 1024

  /// Starts `produce` on a thread of its own; it writes to the descriptor that it gets.
  init(pool: BlockingPool, _ produce: @escaping @Sendable (Linux.FileDescriptor) throws -> Void) throws {
    let (read, write) = try Linux.FileDescriptor.pipe()
    write.growPipe(to: 1 << 20)
    input = read
    self.pool = pool
    let outcome = Outcome()
    self.outcome = outcome
    try Threads.start(name: "archive", stackSize: 1 << 20) {
      do { try produce(write) } catch { outcome.error.withLock { $0 = ImageStore.shaped(error) } }
      write.close()
    }
  }

  public func makeAsyncIterator() -> Iterator { Iterator(stream: self) }

  public struct Iterator: AsyncIteratorProtocol {
    let stream: ByteStream
    /// The next bytes, nil at the end.
    /// - Throws: what the producer threw.
    public mutating func next() async throws -> [UInt8]? {
      let input = stream.input
      let bytes = try await stream.pool.run { try input.read(upTo: ByteStream.pieceSize) }
      if !bytes.isEmpty { return bytes }
      if let error = stream.outcome.error.withLock({ $0 }) { throw error }
      return nil
    }
  }
}

/// The other way: an asynchronous source feeds blocking work through a pipe.
enum ByteFeed {
  /// Runs `consume` on a thread with a descriptor that gives the bytes of `source`.
  static func run<Source: AsyncSequence & Sendable, Result: Sendable>(
    _ source: Source, pool: BlockingPool, _ consume: @escaping @Sendable (Linux.FileDescriptor) throws -> Result
  ) async throws -> Result where Source.Element == [UInt8] {
    let (read, write) = try Linux.FileDescriptor.pipe()
    write.growPipe(to: 1 << 20)
    let complete = SharedFlag()
    return try await withThrowingTaskGroup(of: Result?.self) { group in
      group.addTask {
        try await DedicatedThread.run("archive") {
          // Closing lets the feeder go when the work ends early.
          defer { read.close() }
          let result = try consume(read)
          guard complete.value else { throw ImageStoreError(.invalid, "unexpected EOF: the upload broke off") }
          return result
        }
      }
      group.addTask {
        defer { write.close() }
        do {
          for try await bytes in source { try await pool.run { try write.writeAll(bytes) } }
          complete.set()
        } catch let error as SystemError where error.code == .brokenPipe { complete.set() }
        return nil
      }
      var result: Result?
      while let part = try await group.next() { result = part ?? result }
      guard let result else { throw CancellationError() }
      return result
    }
  }
}
