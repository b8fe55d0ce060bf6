import ClusterAPI
import NIOCore

/// A list in Kubernetes' protobuf form out of items that are there already.
struct ProtobufListPieces: ListPieces {
  private let list: ProtobufList
  private let items: [[UInt8]]
  /// Of all items.
  private let count: Int
  private var position = 0
  private var isBegun = false
  private var isDone = false

  var isLong: Bool { count >= 2 * ListPiece.size }

  /// - Parameter items: as `list` makes them.
  init(_ list: ProtobufList, _ items: [[UInt8]]) {
    self.list = list
    self.items = items
    count = items.reduce(0) { $0 + $1.count }
  }

  mutating func next() -> ByteBuffer? {
    guard !isDone else { return nil }
    var piece = ByteBuffer()
    piece.reserveCapacity(min(count, ListPiece.size) + 4_096)
    if !isBegun {
      isBegun = true
      piece.writeBytes(list.head(itemBytes: count))
    }
    while position < items.count, piece.readableBytes < ListPiece.size {
      piece.writeBytes(items[position])
      position += 1
    }
    if position == items.count {
      isDone = true
      piece.writeBytes(ProtobufList.tail)
    }
    return piece
  }
}
