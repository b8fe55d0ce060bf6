import APIMachinery
import NIOCore

/// The bytes of a list of objects as they are stored, piece by piece: what thousands of objects make together is in memory
/// only as far as the client is behind.
struct StoredListPieces: Sendable {
  /// How many bytes a piece has at least, but for the last: few enough to stay in a processor's cache, and so many that what
  /// each costs on its way does not matter.
  static let size = 262_144
  /// How many bytes objects are taken to have beside those of the store.
  private static let addition = 64

  private let objects: ArraySlice<CachedObject>
  private var position: Int
  private var list: ListWriter
  private var isDone = false
  /// Whether there will be many pieces.
  let isLong: Bool

  /// - Parameter itemKind: the kind of items that do not say what they are; nil: they do.
  init(_ objects: ArraySlice<CachedObject>, apiVersion: String, kind: String, itemKind: String?, _ meta: ListMeta) {
    self.objects = objects
    position = objects.startIndex
    let expected = objects.count * ((objects.first?.object.bytes.count ?? 0) + Self.addition)
    isLong = expected >= 2 * Self.size
    list = ListWriter(
      apiVersion: apiVersion, kind: kind, itemKind: itemKind, meta, capacity: min(expected, Self.size) + 4_096)
  }

  /// - Returns: nil after the last piece.
  mutating func next() -> ByteBuffer? {
    guard !isDone else { return nil }
    while position < objects.endIndex, list.bytes.count < Self.size {
      let object = objects[position].object
      list.append(object.bytes, revision: object.revision, at: object.place)
      position += 1
    }
    if position == objects.endIndex {
      isDone = true
      _ = list.finish()
    }
    var piece = ByteBuffer()
    list.take { piece.writeBytes($0.bytes) }
    return piece
  }
}
