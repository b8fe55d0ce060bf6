import HTTPService
import NIOCore

/// The bytes of a list, piece by piece: what thousands of objects make together is in memory only as far as the client is
/// behind.
protocol ListPieces: Sendable {
  /// Whether there will be many pieces.
  var isLong: Bool { get }

  /// - Returns: nil after the last piece.
  mutating func next() -> ByteBuffer?
}

/// How large pieces of lists are.
enum ListPiece {
  /// How many bytes a piece has at least, but for the last: few enough to stay in a processor's cache, and so many that what
  /// each costs on its way does not matter.
  static let size = 262_144
}

extension ListPieces {
  /// Takes the pieces, so that they are not made in a copy of the room that they have.
  /// - Parameter streams: whether a long list may be made while it is sent.
  consuming func response(_ encoding: ResponseForm.Encoding, streams: Bool) -> Response {
    let headers: Headers = ["Content-Type": encoding.rawValue]
    let streams = streams && isLong
    var pieces = self
    guard streams else {
      var buffer = pieces.next() ?? ByteBuffer()
      while let piece = pieces.next() { buffer.writeImmutableBuffer(piece) }
      return Response(.ok, headers: headers, buffer: buffer)
    }
    let all = pieces
    return .stream(headers: headers, compresses: true) { writer in
      var pieces = all
      while let piece = pieces.next() { try await writer.write(buffer: piece) }
    }
  }
}
