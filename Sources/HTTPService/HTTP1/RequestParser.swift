import NIOCore

/// HTTP/1.1 requests from bytes (RFC 9112): a pure state machine without input or output.
///
/// Our own instead of NIO's decoder, because a connection that is taken over (`docker attach`, `docker exec`) needs an
/// exact boundary: whatever follows the request, in the same packet too, belongs to the new protocol. So the parser
/// takes one event at a time out of the buffer and never reads past the end of a request on its own.
/// It is strict where leniency lets two servers read two different requests out of the same bytes.
struct RequestParser {
  enum Event: Equatable {
    case head(RequestHead)
    case body(ByteBuffer)
    case end
  }

  private enum State: Equatable {
    case head
    /// A body of known length: bytes left.
    case length(Int)
    case chunkSize
    case chunkData(Int)
    /// The line end after a chunk's data.
    case chunkEnd
    case trailers
    case end
    case failed
  }

  private var state = State.head
  private var trailerBytes = 0
  /// How far the search for the end of the head has come, so that a head that trickles in is not searched from the
  /// start with each byte.
  private var searched = 0
  private let limits: RequestLimits

  init(limits: RequestLimits) { self.limits = limits }

  /// Between two requests: nothing of the next one was taken yet.
  var isIdle: Bool { state == .head }

  /// Takes the next event out of `buffer`, or nil where more bytes are needed.
  mutating func next(_ buffer: inout ByteBuffer) throws(HTTPServiceError) -> Event? {
    do {
      return try take(&buffer)
    } catch {
      state = .failed
      throw error
    }
  }

  private mutating func take(_ buffer: inout ByteBuffer) throws(HTTPServiceError) -> Event? {
    while true {
      switch state {
      case .head:
        guard let head = try takeHead(&buffer) else { return nil }
        state =
          switch head.framing {
          case .none: .end
          case .length(let length): length == 0 ? .end : .length(length)
          case .chunked: .chunkSize
          }
        return .head(head)
      case .length(let left):
        guard let part = takeData(&buffer, left) else { return nil }
        state = part.readableBytes == left ? .end : .length(left - part.readableBytes)
        return .body(part)
      case .chunkSize:
        guard let line = try takeLine(&buffer, limit: 4096, what: "chunk size") else { return nil }
        let size = try chunkSize(line)
        trailerBytes = 0
        state = size == 0 ? .trailers : .chunkData(size)
      case .chunkData(let left):
        guard let part = takeData(&buffer, left) else { return nil }
        state = part.readableBytes == left ? .chunkEnd : .chunkData(left - part.readableBytes)
        return .body(part)
      case .chunkEnd:
        guard buffer.readableBytes >= 2 else { return nil }
        guard buffer.readInteger(as: UInt16.self) == 0x0D0A else {
          throw .badRequest("a chunk of the body is longer than its size says")
        }
        state = .chunkSize
      case .trailers:
        guard let line = try takeLine(&buffer, limit: limits.headerBytes, what: "trailer") else { return nil }
        trailerBytes += line.count
        guard trailerBytes <= limits.headerBytes else {
          throw .init(.headerTooLarge, "the trailers are larger than \(limits.headerBytes) bytes")
        }
        if line.isEmpty { state = .end }
      case .end:
        state = .head
        return .end
      case .failed: return nil
      }
    }
  }

  private func takeData(_ buffer: inout ByteBuffer, _ left: Int) -> ByteBuffer? {
    let count = min(left, buffer.readableBytes)
    return count == 0 ? nil : buffer.readSlice(length: count)
  }

  /// One line without its CRLF; a bare LF is refused, because others read it differently.
  private mutating func takeLine(
    _ buffer: inout ByteBuffer, limit: Int, what: String
  ) throws(HTTPServiceError) -> [UInt8]? {
    let view = buffer.readableBytesView
    guard let feed = view.firstIndex(of: 0x0A) else {
      if view.count > limit { throw .init(.headerTooLarge, "a \(what) line is longer than \(limit) bytes") }
      return nil
    }
    let length = feed - view.startIndex
    guard length <= limit + 1 else { throw .init(.headerTooLarge, "a \(what) line is longer than \(limit) bytes") }
    guard length >= 1, view[feed - 1] == 0x0D else { throw .badRequest("a \(what) line must end with CR LF") }
    let line = Array(view[view.startIndex..<feed - 1])
    buffer.moveReaderIndex(forwardBy: length + 1)
    return line
  }

  private func chunkSize(_ line: [UInt8]) throws(HTTPServiceError) -> Int {
    let digits = line.prefix { $0 != UInt8(ascii: ";") }.trimmingBlanks()
    guard !digits.isEmpty, digits.count <= 15 else { throw .badRequest("a chunk size is not a hexadecimal number") }
    var size = 0
    for digit in digits {
      guard let value = digit.hexValue else { throw .badRequest("a chunk size is not a hexadecimal number") }
      size = size << 4 | Int(value)
    }
    return size
  }

  // MARK: The head

  private mutating func takeHead(_ buffer: inout ByteBuffer) throws(HTTPServiceError) -> RequestHead? {
    // Empty lines before a request are skipped (RFC 9112, section 2.2).
    while buffer.readableBytes >= 2, buffer.getInteger(at: buffer.readerIndex, as: UInt16.self) == 0x0D0A {
      buffer.moveReaderIndex(forwardBy: 2)
      searched = 0
    }
    let view = buffer.readableBytesView
    guard let end = endOfHead(view) else {
      guard view.count <= limits.headerBytes else {
        throw .init(.headerTooLarge, "the request's header is larger than \(limits.headerBytes) bytes")
      }
      return nil
    }
    let length = end - view.startIndex
    guard length <= limits.headerBytes else {
      throw .init(.headerTooLarge, "the request's header is larger than \(limits.headerBytes) bytes")
    }
    searched = 0
    guard let bytes = buffer.readBytes(length: length) else { return nil }
    return try HeadReader(bytes: bytes, maximumFields: limits.headerFields).read()
  }

  /// The index after the CRLF CRLF that ends a head.
  private mutating func endOfHead(_ view: ByteBufferView) -> ByteBufferView.Index? {
    var index = view.startIndex + max(0, searched - 3)
    while let feed = view[index...].firstIndex(of: 0x0A) {
      let offset = feed - view.startIndex
      if offset >= 3, view[feed - 1] == 0x0D, view[feed - 2] == 0x0A, view[feed - 3] == 0x0D { return feed + 1 }
      // A line feed that follows another ends a head only for lenient parsers: let the reader refuse it.
      if offset >= 1, view[feed - 1] == 0x0A { return feed + 1 }
      index = feed + 1
    }
    searched = view.count
    return nil
  }
}

/// What a request may cost before any handler has seen it.
public struct RequestLimits: Sendable {
  /// Bytes of the request line and all header fields together.
  public var headerBytes: Int
  /// Number of header fields.
  public var headerFields: Int
  /// Bytes of a body on a route that names no limit of its own; nil for no limit.
  public var bodyBytes: Int?

  public init(headerBytes: Int = 65_536, headerFields: Int = 128, bodyBytes: Int? = nil) {
    self.headerBytes = headerBytes
    self.headerFields = headerFields
    self.bodyBytes = bodyBytes
  }
}
