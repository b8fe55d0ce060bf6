import Linux
import OCI

/// What came out of unpacking a layer's blob.
struct UnpackedLayer: Sendable {
  /// Digest of the blob as it is, compressed or not.
  var blobDigest: Digest
  var blobSize: Int64
  /// Digest of the uncompressed tar.
  var diffID: Digest
  /// Bytes of regular files.
  var size: Int64
}

/// Reads a blob once: hashes it, decompresses it, hashes the tar, and unpacks it into a directory. Blocks.
///
/// The blob may still be growing: unpacking follows the download, so that both end at almost the same time. What is
/// made is of no use before the digests were compared, and the caller throws it away where they differ.
final class LayerUnpacker {
  private let file: FileDescriptor
  private let growth: GrowingLength?
  private let limit: Int64
  private let progress: (@Sendable (Int64) -> Void)?
  private var offset: Int64 = 0
  private var available: Int64 = 0
  private var hashes = LayerHashes()

  /// - Parameters:
  ///   - growth: tells how long the file is while it grows; nil for a complete one.
  ///   - limit: bytes the tar may have.
  ///   - progress: told how many bytes of the blob were read.
  init(
    file: FileDescriptor, growth: GrowingLength?, limit: Int64, progress: (@Sendable (Int64) -> Void)? = nil
  ) {
    self.file = file
    self.growth = growth
    self.limit = limit
    self.progress = progress
  }

  private static let pieceSize = 256 * 1024

  /// - Throws: what broke. A broken archive in a blob that also has the wrong digest counts as the wrong digest, because
  ///   that is the reason: the blob is then read to its end.
  func unpack(into directory: String, expecting blob: Digest?) throws -> UnpackedLayer {
    do { return try unpackArchive(into: directory) } catch let error
      where error is ArchiveError || error is ImageStoreError
    {
      guard let blob else { throw error }
      var rest = [UInt8](repeating: 0, count: Self.pieceSize)
      while try readBlob(&rest) > 0 {}
      if hashes.blobDigest() != blob { throw Self.wrongDigest(blob) }
      throw error
    }
  }

  static func wrongDigest(_ digest: Digest) -> ImageStoreError {
    ImageStoreError(.corrupt, "filesystem layer verification failed for digest \(digest)")
  }

  private func unpackArchive(into directory: String) throws -> UnpackedLayer {
    let compression = try detectCompression()
    let readTar: (inout [UInt8]) throws -> Int
    if compression == .none {
      readTar = { [self] buffer in
        let count = try readBlob(&buffer)
        try count == 0 ? () : countTar(buffer, count, hash: false)
        return count
      }
    } else {
      let inflater = try Inflater(compression, pieceSize: Self.pieceSize) { [self] buffer in try readBlob(&buffer) }
      readTar = { [self] buffer in
        let count = try inflater.read(into: &buffer)
        try count == 0 ? () : countTar(buffer, count, hash: true)
        return count
      }
    }
    let archive = try ArchiveReader(pieceSize: Self.pieceSize, source: readTar)
    let extractor = try TreeExtractor(root: directory, style: .layer)
    try extractor.extract(archive)
    // The tar's digest covers what follows its end marker too.
    var rest = [UInt8](repeating: 0, count: Self.pieceSize)
    while try readTar(&rest) > 0 {}
    while try readBlob(&rest) > 0 {}
    let blobDigest = hashes.blobDigest()
    return UnpackedLayer(
      blobDigest: blobDigest, blobSize: hashes.blobSize,
      diffID: compression == .none ? blobDigest : hashes.tarDigest(), size: extractor.size)
  }

  private var tarSize: Int64 = 0

  private func countTar(_ buffer: [UInt8], _ count: Int, hash: Bool) throws {
    tarSize += Int64(count)
    guard tarSize <= limit else {
      throw ImageStoreError(.corrupt, "layer unpacks to more than \(limit) bytes and is refused")
    }
    if hash { hashes.updateTar(buffer, count: count) }
  }

  private func detectCompression() throws -> Compression {
    if let growth {
      // Four bytes tell; the blob may be shorter.
      while available < 4 {
        let length = try growth.wait(beyond: available)
        if length == available { break }
        available = length
      }
    }
    var head = [UInt8](repeating: 0, count: 4)
    let count = try file.read(into: &head, upTo: 4, at: 0)
    return Compression(magic: head[..<count])
  }

  /// The blob's next bytes, hashed.
  private func readBlob(_ buffer: inout [UInt8]) throws -> Int {
    var count = buffer.count
    if let growth {
      if available <= offset { available = try growth.wait(beyond: offset) }
      count = min(count, Int(available - offset))
      if count == 0 { return 0 }
    }
    let got = try file.read(into: &buffer, upTo: count, at: offset)
    if got > 0 {
      hashes.updateBlob(buffer, count: got)
      offset += Int64(got)
      progress?(offset)
    }
    return got
  }
}
