import APIMachinery
import NIOCore

/// A list of objects as they are stored, in JSON.
struct StoredListPieces: ListPieces {
  /// How many bytes objects are taken to have beside those of the store.
  private static let addition = 64

  private let objects: ArraySlice<CachedObject>
  private var position: Int
  private var list: ListWriter
  private var isDone = false
  let isLong: Bool

  /// - Parameter itemKind: the kind of items that do not say what they are; nil: they do.
  init(_ objects: ArraySlice<CachedObject>, apiVersion: String, kind: String, itemKind: String?, _ meta: ListMeta) {
    self.objects = objects
    position = objects.startIndex
    let expected = objects.count * ((objects.first?.object.bytes.count ?? 0) + Self.addition)
    isLong = expected >= 2 * ListPiece.size
    list = ListWriter(
      apiVersion: apiVersion, kind: kind, itemKind: itemKind, meta, capacity: min(expected, ListPiece.size) + 4_096)
  }

  mutating func next() -> ByteBuffer? {
    guard !isDone else { return nil }
    while position < objects.endIndex, list.bytes.count < ListPiece.size {
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
