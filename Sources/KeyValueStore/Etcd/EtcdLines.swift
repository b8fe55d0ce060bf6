import AsyncHTTPClient
import NIOCore

/// The messages of a stream, one a line.
struct EtcdLines: Sendable {
  /// Bytes; what is longer is no message.
  private static let longest = 64 << 20

  private let body: HTTPClientResponse.Body
  let member: String

  init(_ body: HTTPClientResponse.Body, member: String) {
    self.body = body
    self.member = member
  }

  /// Gives each message to `take` until that says that it has enough; returns when the member ends the stream.
  func forEach<Message: Decodable & Sendable>(
    _: Message.Type, _ take: (Message) async throws(StoreError) -> Bool
  ) async throws(StoreError) {
    var rest = ByteBuffer()
    // How much of it has no end of a line, so that a long message is looked through once.
    var looked = 0
    var iterator = body.makeAsyncIterator()
    while true {
      let chunk: ByteBuffer?
      do { chunk = try await iterator.next() } catch { throw EtcdFault.unreachable(member, error) }
      guard var chunk else { return }
      rest.writeBuffer(&chunk)
      while let end = rest.readableBytesView.dropFirst(looked).firstIndex(of: 0x0A) {
        looked = 0
        guard let line = rest.readSlice(length: end - rest.readerIndex) else { break }
        rest.moveReaderIndex(forwardBy: 1)
        if line.readableBytes == 0 { continue }
        let message: EtcdWire.Streamed<Message> = try EtcdCoding.decode(line, member)
        if let error = message.error {
          throw EtcdFault.error(error.grpc_code ?? 2, "\(member): \(error.message ?? "the stream failed")")
        }
        guard let result = message.result else {
          throw StoreError(.malformed, "\(member): a message of the stream is empty")
        }
        if try await !take(result) { return }
      }
      looked = rest.readableBytes
      guard rest.readableBytes <= Self.longest else {
        throw StoreError(.malformed, "\(member): a message of the stream does not end")
      }
      rest.discardReadBytes()
    }
  }
}
