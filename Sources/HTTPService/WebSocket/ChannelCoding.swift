import FoundationEssentials
import NIOCore

/// Several streams in one WebSocket, as Kubernetes' exec, attach and port-forward carry them: each message belongs to
/// the channel that its first byte names (kubernetes.io/docs/reference/using-api/websockets, `*.channel.k8s.io`).
public struct ChannelCoding: Sendable, Equatable {
  /// What a message says.
  public enum Event: Sendable, Equatable {
    case data(channel: UInt8, ByteBuffer)
    /// The client has ended its side of a channel (version 5).
    case end(channel: UInt8)
  }

  /// Every subprotocol that this can code. An endpoint serves those whose meaning it knows.
  public static let protocols = [
    "v5.channel.k8s.io", "v4.channel.k8s.io", "v4.base64.channel.k8s.io", "channel.k8s.io", "base64.channel.k8s.io",
  ]

  /// The channel whose messages name a channel that has ended.
  private static let endChannel: UInt8 = 255

  /// 5 with the signal for the end of a channel, 4 with a status at the end of the command, 1 without.
  public let version: Int
  private let isBase64: Bool

  /// - Parameter subprotocol: what was agreed on; nil, where nothing was, is `channel.k8s.io`.
  public init?(subprotocol: String?) {
    switch subprotocol {
    case "v5.channel.k8s.io": (version, isBase64) = (5, false)
    case "v4.channel.k8s.io": (version, isBase64) = (4, false)
    case "v4.base64.channel.k8s.io": (version, isBase64) = (4, true)
    case "channel.k8s.io", nil: (version, isBase64) = (1, false)
    case "base64.channel.k8s.io": (version, isBase64) = (1, true)
    default: return nil
    }
  }

  /// - Parameter channel: 0–9.
  public func encode(channel: UInt8, _ bytes: ByteBuffer) -> WebSocketMessage {
    var message = ByteBufferAllocator().buffer(capacity: bytes.readableBytes + 1)
    guard isBase64 else {
      message.writeInteger(channel)
      message.writeImmutableBuffer(bytes)
      return WebSocketMessage(.binary, message)
    }
    message.writeInteger(UInt8(ascii: "0") + channel)
    message.writeString(Data(bytes.readableBytesView).base64EncodedString())
    return WebSocketMessage(.text, message)
  }

  /// - Throws: what the connection is to be closed with, where a message is not one of this protocol.
  public func decode(_ message: WebSocketMessage) throws(WebSocketClose) -> Event {
    var bytes = message.buffer
    guard let first = bytes.readInteger(as: UInt8.self) else {
      throw WebSocketClose(WebSocketClose.protocolError, "a message without a channel")
    }
    guard isBase64 else {
      guard version == 5, first == Self.endChannel else { return .data(channel: first, bytes) }
      guard bytes.readableBytes == 1, let ended = bytes.readInteger(as: UInt8.self) else {
        throw WebSocketClose(WebSocketClose.protocolError, "the end of a channel names one channel")
      }
      return .end(channel: ended)
    }
    guard first >= UInt8(ascii: "0"), first <= UInt8(ascii: "9"),
      let data = Data(base64Encoded: Data(bytes.readableBytesView))
    else { throw WebSocketClose(WebSocketClose.invalidData, "a message is a digit and base64") }
    return .data(channel: first - UInt8(ascii: "0"), ByteBuffer(bytes: data))
  }
}
