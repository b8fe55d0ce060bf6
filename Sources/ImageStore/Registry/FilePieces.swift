import AsyncWork
import Linux
import NIOCore

/// A file as pieces for a request's body, read on a thread that may block.
struct FilePieces: AsyncSequence, Sendable {
  typealias Element = ByteBuffer
  let file: Linux.FileDescriptor
  let size: Int64
  let pool: BlockingPool
  let pieceSize: Int
  let progress: @Sendable (Int64) -> Void

  func makeAsyncIterator() -> Iterator { Iterator(pieces: self) }

  struct Iterator: AsyncIteratorProtocol {
    let pieces: FilePieces
    var offset: Int64 = 0

    mutating func next() async throws -> ByteBuffer? {
      guard offset < pieces.size else { return nil }
      let file = pieces.file
      let start = offset
      let count = Int(Swift.min(Int64(pieces.pieceSize), pieces.size - offset))
      let bytes = try await pieces.pool.run { try file.read(upTo: count, at: start) }
      guard !bytes.isEmpty else { throw ImageStoreError(.failed, "a blob became shorter while it was pushed") }
      offset += Int64(bytes.count)
      pieces.progress(offset)
      return ByteBuffer(bytes: bytes)
    }
  }
}
