import APIMachinery
import NIOCore

/// A list of objects as they are stored, in JSON.
struct StoredListPieces: ListPieces {
  /// How many bytes objects are taken to have beside those of the store.
  private static let addition = 64
  /// How many objects' memory is asked for at once: so few that usual ones are still in a processor's first cache when they
  /// are copied.
  private static let together = 16

  private let objects: ArraySlice<CachedObject>
  private var position: Int
  private var list: ListWriter
  /// Up to where the memory of objects was asked for.
  private var fetched: Int
  /// Made of what was read to ask for it, so that the reading is not left out as useless.
  private var touched: UInt64 = 0
  private var isDone = false
  let isLong: Bool

  /// - Parameter itemKind: the kind of items that do not say what they are; nil: they do.
  init(_ objects: ArraySlice<CachedObject>, apiVersion: String, kind: String, itemKind: String?, _ meta: ListMeta) {
    self.objects = objects
    position = objects.startIndex
    fetched = position
    let expected = objects.count * ((objects.first?.object.bytes.count ?? 0) + Self.addition)
    isLong = expected >= 2 * ListPiece.size
    list = ListWriter(
      apiVersion: apiVersion, kind: kind, itemKind: itemKind, meta, capacity: min(expected, ListPiece.size) + 4_096)
  }

  /// Reads a little of each line of some objects' memory. Lines are on their way side by side then; an object's are waited
  /// for one after the other where it is copied, for each reference that is counted ends what a processor does ahead.
  private mutating func fetch() {
    let end = min(position + Self.together, objects.endIndex)
    touched &+= Self.touch(objects[position..<end])
    fetched = end
  }

  private static func touch(_ objects: borrowing ArraySlice<CachedObject>) -> UInt64 {
    let several = objects.span
    var sum: UInt64 = 0
    for index in several.indices { sum &+= ListWriter.touch(several[index].object.bytes) }
    return sum
  }

  mutating func next() -> ByteBuffer? {
    guard !isDone else { return nil }
    while position < objects.endIndex, list.bytes.count < ListPiece.size {
      if position >= fetched { fetch() }
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
