import NIOCore
import NIOEmbedded
import Testing

@testable import HTTPService

@Suite struct HTTP1ConnectionTests {
  /// A client that asks for ever and whose pieces never end with a request costs no more than one of them.
  @Test func keepsTheRestAndNotWhatWasRead() throws {
    let core = ServerCore(
      configuration: ServerConfiguration(handlersStartOnEventLoop: true), renderError: HTTPServer.plainError
    ) { _ in Response(.ok, text: "") }
    let connection = HTTP1Connection(core: core, info: ConnectionInfo(listener: "test", peer: .local))
    let channel = EmbeddedChannel(handler: connection)
    try channel.connect(to: SocketAddress(unixDomainSocketPath: "/none")).wait()
    let request = "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 1000))\r\n\r\n"
    try channel.writeInbound(ByteBuffer(string: "G"))
    for _ in 0..<200 {
      try channel.writeInbound(ByteBuffer(string: request.dropFirst() + "G"))
      #expect(try channel.readOutbound(as: ByteBuffer.self) != nil)
    }
    #expect(connection.pending.readableBytes == 1)
    #expect(connection.pending.storageCapacity <= 8192)
    connection.closeNow()
  }
}
