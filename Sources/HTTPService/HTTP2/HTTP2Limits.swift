import NIOCore
import NIOHTTP2

/// What one HTTP/2 connection may ask for (RFC 9113).
public struct HTTP2Limits: Sendable {
  /// Requests at a time; more are refused with REFUSED_STREAM, so a client may send them again. Handlers whose client
  /// has reset the stream count until they have noticed.
  public var concurrentStreams: Int
  /// Bytes of one request's body, and of all bodies together, that may be on their way before they are read.
  public var streamWindow: Int
  public var connectionWindow: Int
  /// More RST_STREAM frames than this in half a minute end the connection (rapid reset, CVE-2023-44487).
  public var resets: Int
  /// More PING, SETTINGS and PRIORITY frames than this in half a minute end the connection (CVE-2019-9512, -9515).
  public var controlFrames: Int

  public init(
    concurrentStreams: Int = 250, streamWindow: Int = 131_072, connectionWindow: Int = 1_048_576, resets: Int = 600,
    controlFrames: Int = 600
  ) {
    self.concurrentStreams = concurrentStreams
    self.streamWindow = streamWindow
    self.connectionWindow = connectionWindow
    self.resets = resets
    self.controlFrames = controlFrames
  }

  /// Bytes of the largest frame unless a server says otherwise (RFC 9113, section 6.5.2).
  private static let frameBytes = 16_384

  /// The period that the rates above are about.
  private static let period = TimeAmount.seconds(30)

  func configuration(headerBytes: Int) -> NIOHTTP2Handler.Configuration {
    var connection = NIOHTTP2Handler.ConnectionConfiguration()
    connection.initialSettings = [
      HTTP2Setting(parameter: .maxConcurrentStreams, value: concurrentStreams),
      HTTP2Setting(parameter: .maxHeaderListSize, value: headerBytes),
      HTTP2Setting(parameter: .initialWindowSize, value: streamWindow),
    ]
    connection.targetWindowSize = connectionWindow
    connection.maximumBufferedControlFrames = controlFrames
    // A large header comes in frames of the size that every server must take; a few more may be small.
    connection.maximumSequentialContinuationFrames = headerBytes / Self.frameBytes + 5
    connection.controlFrameRateLimit.maximumCount = controlFrames
    connection.controlFrameRateLimit.windowLength = Self.period
    var stream = NIOHTTP2Handler.StreamConfiguration()
    stream.targetWindowSize = streamWindow
    stream.streamResetFrameRateLimit.maximumCount = resets
    stream.streamResetFrameRateLimit.windowLength = Self.period
    return NIOHTTP2Handler.Configuration(connection: connection, stream: stream)
  }
}
