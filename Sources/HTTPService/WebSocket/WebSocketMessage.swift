import NIOCore

/// One message of a WebSocket connection (RFC 6455, section 5.6), put together from its fragments.
public struct WebSocketMessage: Sendable, Equatable {
  /// What the bytes are.
  public enum Kind: Sendable, Equatable {
    /// UTF-8, which was checked.
    case text
    case binary
  }

  public let kind: Kind
  public let buffer: ByteBuffer

  public init(_ kind: Kind, _ buffer: ByteBuffer) {
    self.kind = kind
    self.buffer = buffer
  }

  public var bytes: [UInt8] { Array(buffer.readableBytesView) }
  public var text: String { String(buffer: buffer) }
}

/// How a WebSocket connection ends: what its Close frame says (RFC 6455, section 7.4). A handler throws one to end the
/// connection with a code of its choice.
public struct WebSocketClose: Error, Sendable, Equatable, CustomStringConvertible {
  /// 1000–1015 are the protocol's, 3000–4999 the application's.
  public let code: UInt16
  /// For a person; at most 123 bytes of UTF-8 reach the peer.
  public let reason: String

  public init(_ code: UInt16, _ reason: String = "") {
    self.code = code
    self.reason = reason
  }

  public var description: String { reason.isEmpty ? "close \(code)" : "close \(code): \(reason)" }

  static let normal: UInt16 = 1000
  static let goingAway: UInt16 = 1001
  static let protocolError: UInt16 = 1002
  /// Stands for a Close frame without a code; never sent.
  static let noStatus: UInt16 = 1005
  static let invalidData: UInt16 = 1007
  static let tooBig: UInt16 = 1009
  static let internalError: UInt16 = 1011

  /// Whether a peer may send this code.
  static func isSendable(_ code: UInt16) -> Bool {
    switch code {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }
}
