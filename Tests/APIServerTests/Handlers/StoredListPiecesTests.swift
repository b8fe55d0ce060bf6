import APIMachinery
import NIOCore
import Testing

@testable import APIServer

@Suite("Lists that are made while they are sent")
struct StoredListPiecesTests {
  private func objects(_ count: Int, size: Int) throws -> [CachedObject] {
    try (0..<count).map { number in
      let text =
        #"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"n\#(number)"},"data":{"a":"\#(String(repeating: "x", count: size))"}}"#
      return try CachedObject(
        key: "/registry/configmaps/d/n\(number)", revision: Int64(number + 1), stored: Array(text.utf8))
    }
  }

  private func pieces(_ objects: [CachedObject]) -> (isLong: Bool, all: [ByteBuffer]) {
    var pieces = StoredListPieces(
      objects[...], apiVersion: "v1", kind: "ConfigMapList", itemKind: "ConfigMap", ListMeta(revision: 9))
    var all: [ByteBuffer] = []
    while let piece = pieces.next() { all.append(piece) }
    return (pieces.isLong, all)
  }

  private func whole(_ objects: [CachedObject]) -> String {
    var writer = ListWriter(
      apiVersion: "v1", kind: "ConfigMapList", itemKind: "ConfigMap", ListMeta(revision: 9))
    for object in objects { writer.append(object.object) }
    return String(decoding: writer.finish(), as: UTF8.self)
  }

  @Test("what is short is one piece", arguments: [0, 1, 20])
  func short(_ count: Int) throws {
    let objects = try objects(count, size: 100)
    let (isLong, all) = pieces(objects)
    #expect(!isLong && all.count == 1)
    #expect(all.map { String(buffer: $0) } == [whole(objects)])
  }

  @Test("what is long is many pieces, each longer by less than an object than it has to be")
  func long() throws {
    let objects = try objects(4_000, size: 400)
    let (isLong, all) = pieces(objects)
    #expect(isLong && all.count > 5)
    #expect(all.allSatisfy { $0.readableBytes < ListPiece.size + 600 })
    #expect(all.dropLast().allSatisfy { $0.readableBytes >= ListPiece.size })
    #expect(all.map { String(buffer: $0) }.joined() == whole(objects))
  }
}
