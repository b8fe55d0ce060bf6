import NIOCore

/// What `DirectFrames` knows of a stream.
final class DirectStream {
  // What every piece for many asks of each of them stands first, and so together.
  let id: UInt32
  /// Heads that NIO was given and has not sent: while its channel is full it keeps them back.
  private var headsDue: Int32 = 0
  /// How many bytes of DATA the client takes on it. Of a stream whose DATA goes through NIO, only until its head is sent.
  private(set) var window: Int
  /// Who is told how much has reached the kernel.
  private(set) var outbound: OutboundStream?
  /// What could not be sent yet.
  var pieces: CircularBuffer<ByteBuffer> = []
  /// Whether it is among those that wait to send.
  var isWaiting = false
  /// Whether its DATA comes this way.
  private(set) var isDirect = false
  /// Called when more waits than should: see `BroadcastGroup`.
  var whenSlow: (() -> Void)?
  /// Called once when nothing waits any more.
  var whenEmpty: (() -> Void)?
  private var overflowed: (() -> Void)?

  init(_ id: UInt32, window: Int) {
    self.id = id
    self.window = window
  }

  /// - Parameter overflowed: called where the client allows more than a window may hold (RFC 9113, section 6.9.1).
  func begin(_ outbound: OutboundStream, overflowed: @escaping () -> Void) {
    isDirect = true
    self.outbound = outbound
    self.overflowed = overflowed
  }

  func headComes() { headsDue += 1 }

  func headIsOut() { headsDue -= 1 }

  var isHeadOut: Bool { headsDue == 0 }

  /// Whether nothing is in the way of what comes next but windows.
  var isFree: Bool { headsDue == 0 && pieces.isEmpty && outbound != nil }

  func take(_ count: Int) { window -= count }

  func open(by change: Int) {
    window += change
    guard window > ConnectionWindow.most else { return }
    window = ConnectionWindow.most
    overflowed?()
  }

  func end() {
    pieces = []
    (outbound, overflowed, whenSlow, whenEmpty) = (nil, nil, nil, nil)
  }
}
