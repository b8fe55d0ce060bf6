import Crypto
import OCI
import Testing

@testable import ImageStore

@Suite struct LayerHashesTests {
  @Test(arguments: [true, false]) func agreesWithTheLibrary(_ paired: Bool) {
    var hashes = LayerHashes(paired: paired)
    var blob: [UInt8] = []
    var tar: [UInt8] = []
    for round in 0..<50 {
      let piece = (0..<Int.random(in: 1...70_000)).map { UInt8(truncatingIfNeeded: $0 &* round) }
      if Bool.random() {
        hashes.updateBlob(piece, count: piece.count)
        blob += piece
      } else {
        hashes.updateTar(piece, count: piece.count)
        tar += piece
      }
    }
    #expect(hashes.blobDigest() == OCI.Digest(sha256: SHA256.hash(data: blob)))
    #expect(hashes.tarDigest() == OCI.Digest(sha256: SHA256.hash(data: tar)))
    #expect(hashes.blobSize == Int64(blob.count))
  }
}
