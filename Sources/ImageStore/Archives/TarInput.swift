import Linux

/// A tar from a stream, decompressed as its first bytes say. Blocks.
enum TarInput {
  static func reader(_ input: FileDescriptor) throws -> ArchiveReader {
    var head = try input.readToEnd(limit: 4)
    let compression = Compression(magic: head)
    let raw: (inout [UInt8]) throws -> Int = { buffer in
      if !head.isEmpty {
        let count = head.count
        buffer.replaceSubrange(0..<count, with: head)
        head = []
        return count
      }
      return try input.read(into: &buffer)
    }
    if compression == .none { return try ArchiveReader(source: raw) }
    let inflater = try Inflater(compression, source: raw)
    return try ArchiveReader { try inflater.read(into: &$0) }
  }
}
