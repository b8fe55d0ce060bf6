import NIOCore
import Testing

@testable import HTTPService

@Suite struct ChannelCodingTests {
  @Test func carriesEveryProtocolBothWays() throws {
    for name in ChannelCoding.protocols {
      let coding = try #require(ChannelCoding(subprotocol: name))
      for bytes in [[], [0], Array("output\n".utf8), Array(0...255)] as [[UInt8]] {
        let message = coding.encode(channel: 2, ByteBuffer(bytes: bytes))
        #expect(message.kind == (name.contains("base64") ? .text : .binary))
        #expect(try coding.decode(message) == .data(channel: 2, ByteBuffer(bytes: bytes)))
      }
    }
    #expect(ChannelCoding(subprotocol: nil) == ChannelCoding(subprotocol: "channel.k8s.io"))
    #expect(ChannelCoding(subprotocol: "v6.channel.k8s.io") == nil)
  }

  @Test func writesWhatClientsExpect() throws {
    let plain = try #require(ChannelCoding(subprotocol: "v5.channel.k8s.io"))
    #expect(plain.encode(channel: 1, ByteBuffer(string: "hi")).bytes == [1, 0x68, 0x69])
    let base64 = try #require(ChannelCoding(subprotocol: "base64.channel.k8s.io"))
    #expect(base64.encode(channel: 1, ByteBuffer(string: "hi")).text == "1aGk=")
  }

  @Test func knowsTheEndOfAChannel() throws {
    let five = try #require(ChannelCoding(subprotocol: "v5.channel.k8s.io"))
    let end = WebSocketMessage(.binary, ByteBuffer(bytes: [255, 0]))
    #expect(try five.decode(end) == .end(channel: 0))
    for bytes in [[255], [255, 0, 1]] as [[UInt8]] {
      #expect(throws: WebSocketClose.self) { try five.decode(WebSocketMessage(.binary, ByteBuffer(bytes: bytes))) }
    }
    let four = try #require(ChannelCoding(subprotocol: "v4.channel.k8s.io"))
    #expect(try four.decode(end) == .data(channel: 255, ByteBuffer(bytes: [0])))
  }

  @Test func refusesWhatIsNone() throws {
    let plain = try #require(ChannelCoding(subprotocol: nil))
    #expect(throws: WebSocketClose.self) { try plain.decode(WebSocketMessage(.binary, ByteBuffer())) }
    let base64 = try #require(ChannelCoding(subprotocol: "v4.base64.channel.k8s.io"))
    for text in ["", "x", "aaGk=", "1aGk", "1!"] {
      #expect(throws: WebSocketClose.self) { try base64.decode(WebSocketMessage(.text, ByteBuffer(string: text))) }
    }
  }
}
