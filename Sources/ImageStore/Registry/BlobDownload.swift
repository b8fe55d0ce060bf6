import AsyncHTTPClient
import AsyncWork
import Linux
import NIOCore
import NIOHTTP1
import OCI

/// Downloads one blob into a file, from where an earlier attempt left off, and tells how far it is.
struct BlobDownload: Sendable {
  let session: RegistrySession
  let repository: String
  let descriptor: Descriptor
  let file: Linux.FileDescriptor
  let growth: GrowingLength
  let pool: BlockingPool
  let progress: @Sendable (Int64) -> Void
  /// Told before a retry: seconds until then.
  let retrying: @Sendable (Int) -> Void

  /// Bytes that are handed to a thread for writing at once.
  private static let batchSize = 1 << 20

  /// Downloads from `start` on.
  func run(from start: Int64) async throws {
    var offset = start
    var attempt = 1
    while true {
      do {
        try await attemptOnce(&offset)
        growth.end()
        return
      } catch let error {
        let failure = RegistryFailure.from(
          error, method: "GET", url: "\(session.host.authority)\(RegistryPath.blob(repository, descriptor.digest))")
        guard let failure = failure as? RegistryFailure, failure.isTransient,
          attempt < session.configuration.downloadAttempts
        else { throw failure }
        retrying(max(1, Int(session.configuration.firstRetryDelay * Double(1 << min(attempt - 1, 6)))))
        try await RegistrySession.pause(attempt: attempt, failure, session.configuration)
        attempt += 1
      }
    }
  }

  private func attemptOnce(_ offset: inout Int64) async throws {
    if offset == descriptor.size && offset > 0 { return }
    var headers = HTTPHeaders()
    if offset > 0 { headers.add(name: "Range", value: "bytes=\(offset)-") }
    let response = try await session.sendOnce(
      .GET, RegistryPath.blob(repository, descriptor.digest), headers: headers, accepting: [416])
    if response.status == .rangeNotSatisfiable {
      throw ImageStoreError(.corrupt, "the registry has fewer bytes of \(descriptor.digest) than its manifest says")
    }
    var skip: Int64 = 0
    if offset > 0 {
      if response.status == .partialContent {
        guard let range = response.headers.first(name: "Content-Range").flatMap({ ContentRange($0) }),
          range.first == offset
        else { throw RegistryFailure(.malformed, "the registry answered another range of \(descriptor.digest)") }
      } else {
        // No ranges here: what is on disk already comes again.
        skip = offset
      }
    }
    var batch: [ByteBuffer] = []
    var size = 0
    do {
      for try await piece in response.body {
        var piece = piece
        if skip > 0 {
          let cut = min(skip, Int64(piece.readableBytes))
          piece.moveReaderIndex(forwardBy: Int(cut))
          skip -= cut
          if piece.readableBytes == 0 { continue }
        }
        size += piece.readableBytes
        guard offset + Int64(size) <= descriptor.size else {
          throw ImageStoreError(
            .corrupt,
            "the registry sends more bytes of \(descriptor.digest) than the \(descriptor.size) its manifest says")
        }
        batch.append(piece)
        if size >= Self.batchSize {
          try await write(batch, &offset)
          batch.removeAll(keepingCapacity: true)
          size = 0
        }
      }
    } catch {
      // What came before the connection broke is worth keeping.
      try await write(batch, &offset)
      throw error
    }
    try await write(batch, &offset)
    guard offset == descriptor.size else {
      throw RegistryFailure(
        .interrupted,
        "unexpected EOF: the registry sent \(offset) of \(descriptor.size) bytes of \(descriptor.digest)")
    }
  }

  private func write(_ batch: [ByteBuffer], _ offset: inout Int64) async throws {
    guard !batch.isEmpty else { return }
    let start = offset
    let file = file
    offset = try await pool.run {
      var position = start
      for piece in batch {
        try file.write(piece.readableBytesSpan, at: position)
        position += Int64(piece.readableBytes)
      }
      // The disk works while the rest comes: the pull's end waits for all of it.
      file.startWriteback(from: start, count: position - start)
      return position
    }
    growth.advance(to: offset)
    progress(offset)
  }
}
