import Linux
import OCI

/// The two digests of a layer, taken while it is unpacked: of the blob as it is sent and of the tar in it.
struct LayerHashes {
  private enum Way {
    case paired(SHA256Pair)
    case apart(blob: ContentHash, tar: ContentHash)
  }
  private var way: Way

  /// - Parameter paired: false for the way that every processor can go.
  init(paired: Bool = true) {
    if paired, let pair = SHA256Pair() {
      way = .paired(pair)
    } else {
      way = .apart(blob: ContentHash(), tar: ContentHash())
    }
  }

  var blobSize: Int64 {
    switch way {
    case .paired(let pair): pair.count(.first)
    case .apart(let blob, _): blob.count
    }
  }

  mutating func updateBlob(_ bytes: [UInt8], count: Int) { update(.first, bytes, count) }
  mutating func updateTar(_ bytes: [UInt8], count: Int) { update(.second, bytes, count) }

  private mutating func update(_ lane: SHA256Pair.Lane, _ bytes: [UInt8], _ count: Int) {
    // Taken out for the change: a value that the enum still holds would be copied.
    var current = Way.apart(blob: ContentHash(), tar: ContentHash())
    swap(&current, &way)
    switch consume current {
    case .paired(var pair):
      pair.update(lane, bytes, count: count)
      way = .paired(pair)
    case .apart(var blob, var tar):
      if lane == .first { blob.update(bytes, count: count) } else { tar.update(bytes, count: count) }
      way = .apart(blob: blob, tar: tar)
    }
  }

  func blobDigest() -> Digest {
    switch way {
    case .paired(let pair): Digest(sha256: pair.digest(.first))
    case .apart(let blob, _): blob.finalize()
    }
  }

  func tarDigest() -> Digest {
    switch way {
    case .paired(let pair): Digest(sha256: pair.digest(.second))
    case .apart(_, let tar): tar.finalize()
    }
  }
}
