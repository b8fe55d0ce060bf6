import APIMachinery
import ClusterAPI
import NIOCore
import Testing

@testable import APIServer

@Suite struct ProtobufListPiecesTests {
  private func list() throws -> ProtobufList {
    try ProtobufList(
      kind: "ConfigMapList", apiVersion: "v1", definitionName: "io.k8s.api.core.v1.ConfigMapList",
      metadata: ["resourceVersion": "7"])
  }

  /// Objects of `size` bytes, each by its number.
  private func objects(_ count: Int, size: Int = 500) throws -> [CachedObject] {
    try (0..<count).map { number in
      let json: JSONValue = [
        "kind": "ConfigMap", "apiVersion": "v1", "metadata": ["name": .string("c-\(number)")],
        "data": ["a": .string(String(repeating: "x", count: size))],
      ]
      return try CachedObject(key: "/registry/configmaps/c-\(number)", revision: 1, stored: json.jsonBytes())
    }
  }

  /// Together the pieces are the list, whatever it has.
  @Test(arguments: [0, 1, 2_000]) func thePiecesAreTheList(_ count: Int) throws {
    let list = try list()
    let items = try objects(count).map { try list.item(json: $0.object.served) }
    var pieces = ProtobufListPieces(list, items)
    #expect(pieces.isLong == (count == 2_000))
    var all: [ByteBuffer] = []
    while let piece = pieces.next() { all.append(piece) }
    #expect(all.dropLast().allSatisfy { $0.readableBytes >= ListPiece.size })
    #expect(all.allSatisfy { $0.readableBytes < ListPiece.size + 5_000 })
    let bytes = all.flatMap { Array($0.readableBytesView) }
    let decoder = ProtobufDecoder(bytes)
    let read = try decoder.object(try decoder.envelope(), definitionName: "io.k8s.api.core.v1.ConfigMapList")
    #expect(read["kind"] == "ConfigMapList" && read["metadata"] == ["resourceVersion": "7"])
    let names = read["items"]?.arrayValue?.map { $0["metadata"]?["name"]?.stringValue } ?? []
    #expect(names == (0..<count).map { "c-\($0)" })
  }

  /// What an object is in protobuf is made once, until it is forgotten; a failure is not kept.
  @Test func itemsAreKept() throws {
    let object = try #require(try objects(1).first)
    var made = 0
    #expect(throws: StatusError.self) {
      try object.protobufItem { () throws(StatusError) in throw StatusError.internalError("no") }
    }
    func item() throws -> [UInt8] {
      try object.protobufItem { () throws(StatusError) in
        made += 1
        return [UInt8(made)]
      }
    }
    for _ in 0..<3 { #expect(try item() == [1]) }
    object.forgetProtobuf()
    #expect(try item() == [2])
  }
}
