import NIOCore

/// The body of a request: read it once, whole or piece by piece. What is not read keeps the client waiting.
public struct RequestBody: Sendable, AsyncSequence {
  public typealias Element = [UInt8]

  let stream: InboundStream
  /// What the client said its length is; nil where it sends chunks. 0 without a body.
  public let declaredLength: Int?
  /// The most bytes that will be read; the router sets it from the route.
  var limit: Int?

  init(stream: InboundStream, declaredLength: Int?, limit: Int?) {
    self.stream = stream
    self.declaredLength = declaredLength
    self.limit = limit
  }

  /// A body made of bytes that are there already, for tests and for requests made inside the process.
  public init(_ bytes: [UInt8] = []) {
    stream = InboundStream(demand: {})
    stream.append(ByteBuffer(bytes: bytes))
    stream.finish()
    declaredLength = bytes.count
    limit = nil
  }

  /// The whole body.
  /// - Parameter maximum: in bytes; beyond it the request fails with `bodyTooLarge` before more is read.
  public func collect(upTo maximum: Int) async throws -> [UInt8] {
    let maximum = Swift.min(maximum, limit ?? .max)
    if let declaredLength, declaredLength > maximum { throw Self.tooLarge(maximum) }
    var all: [UInt8] = []
    if let declaredLength { all.reserveCapacity(declaredLength) }
    while let chunk = try await stream.next() {
      guard all.count + chunk.readableBytes <= maximum else { throw Self.tooLarge(maximum) }
      all.append(contentsOf: chunk.readableBytesView)
    }
    return all
  }

  /// The whole body as a buffer; not copied where it came in one piece.
  /// - Parameter maximum: see `collect`.
  public func collectBuffer(upTo maximum: Int) async throws -> ByteBuffer {
    let maximum = Swift.min(maximum, limit ?? .max)
    if let declaredLength, declaredLength > maximum { throw Self.tooLarge(maximum) }
    guard var all = try await stream.next() else { return ByteBuffer() }
    guard all.readableBytes <= maximum else { throw Self.tooLarge(maximum) }
    if let declaredLength, declaredLength > all.readableBytes { all.reserveCapacity(declaredLength) }
    while var chunk = try await stream.next() {
      guard all.readableBytes + chunk.readableBytes <= maximum else { throw Self.tooLarge(maximum) }
      all.writeBuffer(&chunk)
    }
    return all
  }

  /// The pieces as NIO's buffers, without a copy.
  public var buffers: Buffers { Buffers(body: self) }

  public func makeAsyncIterator() -> Iterator { Iterator(base: buffers.makeAsyncIterator()) }

  public struct Iterator: AsyncIteratorProtocol {
    var base: Buffers.Iterator
    public mutating func next() async throws -> [UInt8]? { try await base.next().map { Array($0.readableBytesView) } }
  }

  /// See `RequestBody.buffers`.
  public struct Buffers: Sendable, AsyncSequence {
    public typealias Element = ByteBuffer
    let body: RequestBody

    public func makeAsyncIterator() -> Iterator { Iterator(body: body) }

    public struct Iterator: AsyncIteratorProtocol {
      let body: RequestBody
      var count = 0

      public mutating func next() async throws -> ByteBuffer? {
        guard let chunk = try await body.stream.next() else { return nil }
        count += chunk.readableBytes
        if let limit = body.limit, count > limit { throw RequestBody.tooLarge(limit) }
        return chunk
      }
    }
  }

  static func tooLarge(_ maximum: Int) -> HTTPServiceError {
    .init(.bodyTooLarge, "the request body is larger than \(maximum) bytes")
  }
}
