import CLinux
import Glibc

/// Which readiness is meant (epoll_ctl(2)).
public struct Readiness: OptionSet, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let readable = Readiness(rawValue: 0x001)
  public static let writable = Readiness(rawValue: 0x004)
  public static let error = Readiness(rawValue: 0x008)
  public static let hangUp = Readiness(rawValue: 0x010)
  public static let peerClosed = Readiness(rawValue: 0x2000)
  /// The registration sleeps after one event until it is set again.
  public static let oneShot = Readiness(rawValue: 1 << 30)
}

/// An epoll instance (epoll(7)).
public final class Epoll: Sendable {
  private let descriptor: FileDescriptor

  public init() throws(SystemError) {
    descriptor = FileDescriptor(owning: try check("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
  }

  /// Registers a descriptor under `token`, or changes its registration.
  public func set(_ raw: Int32, _ readiness: Readiness, token: UInt64) throws(SystemError) {
    var event = epoll_event()
    event.events = readiness.rawValue
    event.data.u64 = token
    if epoll_ctl(descriptor.rawValue, EPOLL_CTL_MOD, raw, &event) == 0 { return }
    guard Errno.current == .noEntry else { throw SystemError(.current, "epoll_ctl") }
    try check("epoll_ctl") { epoll_ctl(descriptor.rawValue, EPOLL_CTL_ADD, raw, &event) }
  }

  /// Forgets a descriptor; one that is unknown or closed is no error.
  public func remove(_ raw: Int32) { _ = epoll_ctl(descriptor.rawValue, EPOLL_CTL_DEL, raw, nil) }

  /// Blocks until something is ready; `timeout` in milliseconds, -1 for ever.
  public func wait(timeout: Int32 = -1) throws(SystemError) -> [(token: UInt64, readiness: Readiness)] {
    var events = EpollEvents()
    try wait(timeout: timeout, &events)
    return events.map { $0 }
  }

  /// The same into room that is used again and again: for loops in which nothing shall be allocated.
  public func wait(timeout: Int32, _ events: inout EpollEvents) throws(SystemError) {
    events.count = 0
    let n = epoll_wait(descriptor.rawValue, &events.events, Int32(events.events.count), timeout)
    if n < 0 {
      if Errno.current == .interrupted { return }
      throw SystemError(.current, "epoll_wait")
    }
    events.count = Int(n)
  }
}

/// What an `Epoll` found ready.
public struct EpollEvents: RandomAccessCollection, Sendable {
  fileprivate var events: [epoll_event]
  public fileprivate(set) var count = 0

  /// - Parameter capacity: the most that one wait tells.
  public init(capacity: Int = 64) { events = [epoll_event](repeating: epoll_event(), count: capacity) }

  public var startIndex: Int { 0 }
  public var endIndex: Int { count }
  public subscript(index: Int) -> (token: UInt64, readiness: Readiness) {
    let event = events[index]
    return (event.data.u64, Readiness(rawValue: event.events))
  }
}
