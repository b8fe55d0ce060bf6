import AsyncWork
import Linux
import Synchronization

/// The engine's end of a monitor's pipe.
final class SyncPipe: Sendable {
  private let descriptor: FileDescriptor
  private let reactor: Reactor
  private let buffer = Mutex<[UInt8]>([])

  init(_ descriptor: FileDescriptor, reactor: Reactor) {
    self.descriptor = descriptor
    self.reactor = reactor
  }

  /// The next report; nil when the monitor ended without one.
  func next() async throws -> SyncMessage? {
    while true {
      let line: ArraySlice<UInt8>? = buffer.withLock { bytes in
        guard let end = bytes.firstIndex(of: 0x0A) else { return nil }
        let line = bytes[..<end]
        bytes.removeFirst(end + 1)
        return line
      }
      if let line { return SyncMessage.parse(line) }
      let part = try await reactor.read(descriptor, upTo: 16384)
      if part.isEmpty { return nil }
      buffer.withLock { $0 += part }
    }
  }
}
