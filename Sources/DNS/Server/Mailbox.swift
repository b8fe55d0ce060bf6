import Linux
import Synchronization

/// How other threads talk to the server's: orders, and a bell that epoll hears.
final class Mailbox: Sendable {
  /// An order. `done` is called on the server's thread once it is carried out.
  enum Mail: Sendable {
    /// `isForAll`: its UDP socket is bound to all addresses.
    case add(DNSServer.ListenerID, DNSListener, isForAll: Bool)
    case remove(DNSServer.ListenerID, done: (@Sendable () -> Void)?)
    case stop(done: (@Sendable () -> Void)?)
  }

  private struct State {
    var mail: [Mail] = []
    var isClosed = false
  }
  private let state = Mutex(State())
  /// Never used twice, so that an event that is late finds nobody. 0 is the bell's.
  private let tokens = Atomic<UInt64>(1)
  /// Readable when there is mail.
  let bell: FileDescriptor
  private let rope: FileDescriptor

  init() throws(SystemError) { (bell, rope) = try FileDescriptor.pipe(nonBlocking: true) }

  /// The first of `count` tokens that nobody else has.
  func newTokens(_ count: UInt64 = 1) -> UInt64 { tokens.wrappingAdd(count, ordering: .relaxed).oldValue }

  /// Puts an order in; false when the server has ended.
  @discardableResult
  func send(_ mail: Mail) -> Bool {
    let isTaken = state.withLock { state in
      if state.isClosed { return false }
      state.mail.append(mail)
      return true
    }
    // A full pipe rings, too.
    if isTaken { _ = try? rope.write(CollectionOfOne(1)) }
    return isTaken
  }

  /// Stops the bell. Whatever is sent after this rings again.
  func silence() { while let bytes = try? bell.read(upTo: 512), !bytes.isEmpty {} }

  /// All orders in their order.
  func take() -> [Mail] {
    state.withLock { state in
      if state.mail.isEmpty { return [] }
      defer { state.mail = [] }
      return state.mail
    }
  }

  /// Takes no more orders, and gives those that came meanwhile.
  func close() -> [Mail] {
    state.withLock { state in
      state.isClosed = true
      defer { state.mail = [] }
      return state.mail
    }
  }
}
