import AsyncWork
import Linux
import Synchronization

/// A client's connection to the input and output of a process, through its monitor. Output flows as the client takes
/// it: a client that does not read slows the process down, as a full pipe does.
public final class ProcessAttachment: Sendable {
  /// The process has a terminal: all output is on one stream.
  public let isTerminal: Bool
  private let socket: FileDescriptor
  private let reactor: Reactor
  private let writing = AsyncLock()
  private struct State {
    var isClosed = false
    /// The monitor has ended with something unread or untaken.
    var wasReset = false
    var hasOutput = false
  }
  private let state = Mutex(State())
  /// What must have happened before the end of the output is shown.
  private let beforeEnd: @Sendable () async -> Void

  init(
    _ socket: FileDescriptor, isTerminal: Bool, reactor: Reactor,
    beforeEnd: @escaping @Sendable () async -> Void = {}
  ) {
    self.socket = socket
    self.isTerminal = isTerminal
    self.reactor = reactor
    self.beforeEnd = beforeEnd
  }

  deinit { PacketSocket.shutdownBoth(socket) }

  /// Opens a monitor's socket. Blocks for a moment.
  static func connect(_ directory: String) throws -> FileDescriptor {
    try PacketSocket.connect(to: "attach", in: .open(directory, [.pathOnly, .directory]))
  }

  /// The largest piece that a monitor sends: a byte that names the stream, and 8 KiB.
  private static let packetSize = 8193

  /// What the process says next; nil at its end. For one caller at a time.
  public func next() async throws -> OutputChunk? {
    while true {
      let packet: [UInt8]
      do { packet = try await reactor.read(socket, upTo: Self.packetSize) } catch let error as SystemError {
        switch error.code {
        // Told once, and before what the monitor has sent: that follows.
        case .connectionReset where noteReset(): continue
        case .connectionReset, .badDescriptor: packet = []
        default: throw error
        }
      }
      guard let stream = packet.first else {
        // A client that left does not wait for the process.
        if !state.withLock({ $0.isClosed }) { await beforeEnd() }
        return nil
      }
      state.withLock { $0.hasOutput = true }
      if packet.count == 1 { continue }
      return OutputChunk(
        stream: stream == 3 ? .standardError : .standardOutput, bytes: Array(packet.dropFirst()))
    }
  }

  /// - Returns: false where it was noted already.
  private func noteReset() -> Bool {
    state.withLock { state in
      defer { state.wasReset = true }
      return !state.wasReset
    }
  }

  /// Whether the monitor may have ended before it took this connection. It takes connections only once it has nothing else to
  /// do, which on a busy host may be after the process has ended: what that said is in the log alone then.
  public var mayHaveMissedAll: Bool { state.withLock { $0.wasReset && !$0.hasOutput && !$0.isClosed } }

  /// The output as a sequence, for one reader.
  public var output: AsyncThrowingStream<OutputChunk, any Error> {
    AsyncThrowingStream { [self] in try await next() }
  }

  /// Sends to the process' input, waiting where it does not read. An input that is closed is no error: the bytes are
  /// lost, as they are in docker.
  public func write(_ bytes: [UInt8]) async throws {
    try await writing.withLock {
      var rest = bytes[...]
      while !rest.isEmpty {
        let part = rest.prefix(16384)
        do { try await reactor.write(socket, Array(part)) } catch let error as SystemError {
          guard [.brokenPipe, .connectionReset, .badDescriptor].contains(error.code) else { throw error }
          return
        }
        rest = rest.dropFirst(part.count)
      }
    }
  }

  /// Says that no more input comes. Whether the process' input closes is the container's choice (`keepInputOpen`).
  public func closeInput() async {
    await writing.withLock {
      // Gone already is as good.
      do { try PacketSocket.shutdownWriting(socket) } catch {}
    }
  }

  /// Ends the connection; the process goes on.
  public func close() {
    state.withLock { $0.isClosed = true }
    PacketSocket.shutdownBoth(socket)
  }
}
