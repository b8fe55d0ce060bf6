import Linux
import OCI

/// Compresses a plain layer for a registry. Blocks.
enum LayerCompressor {
  static func compress(_ source: String, to target: String) throws -> Descriptor {
    let input = try FileDescriptor.open(source, .readOnly)
    let output = try FileDescriptor.open(target, [.writeOnly, .create, .exclusive], mode: 0o600)
    let deflater = try Deflater()
    var hash = ContentHash()
    while true {
      let piece = try input.read(upTo: 1 << 20)
      let compressed = try deflater.write(piece, finish: piece.isEmpty)
      hash.update(compressed, count: compressed.count)
      try output.writeAll(compressed)
      if piece.isEmpty { break }
    }
    return Descriptor(mediaType: MediaType.dockerLayerGzip, digest: hash.finalize(), size: hash.count)
  }
}
