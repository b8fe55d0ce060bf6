import Linux
import Synchronization

/// Turns a descriptor's readiness into something to await: one thread, one epoll instance, one event per registration.
///
/// A descriptor may have one reader and one writer waiting at a time. Close a descriptor only after its waits ended
/// (cancel the task that waits).
public final class Reactor: Sendable {
  private struct Waiter {
    var read: CheckedContinuation<Void, any Error>?
    var write: CheckedContinuation<Void, any Error>?
    var readTicket: UInt64 = 0
    var writeTicket: UInt64 = 0
    var interest: Readiness {
      var interest: Readiness = .oneShot
      if read != nil { interest.insert([.readable, .peerClosed]) }
      if write != nil { interest.insert(.writable) }
      return interest
    }
  }
  private struct State {
    var waiters: [Int32: Waiter] = [:]
    var ticket: UInt64 = 0
    var cancelled: Set<UInt64> = []
  }
  private let state = Mutex(State())
  private let epoll: Epoll

  public init(name: String = "apus-reactor") throws {
    epoll = try Epoll()
    try Threads.start(name: name) { [self] in loop() }
  }

  /// Returns when a read would not block (data, end of file or error). Throws `CancellationError` when the task is
  /// cancelled first.
  public func waitReadable(_ descriptor: FileDescriptor) async throws { try await wait(descriptor, reading: true) }

  /// Returns when a write would not block.
  public func waitWritable(_ descriptor: FileDescriptor) async throws { try await wait(descriptor, reading: false) }

  /// Reads from a non-blocking descriptor; empty at the end of the file.
  public func read(_ descriptor: FileDescriptor, upTo count: Int) async throws -> [UInt8] {
    while true {
      do { return try descriptor.read(upTo: count) } catch {
        guard error.code == .tryAgain else { throw error }
      }
      try await waitReadable(descriptor)
    }
  }

  /// Writes all of `bytes` to a non-blocking descriptor.
  public func write(_ descriptor: FileDescriptor, _ bytes: [UInt8]) async throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      do {
        rest = rest.dropFirst(try descriptor.write(rest))
        continue
      } catch {
        guard error.code == .tryAgain else { throw error }
      }
      try await waitWritable(descriptor)
    }
  }

  private func wait(_ descriptor: FileDescriptor, reading: Bool) async throws {
    let ticket = state.withLock { state in
      state.ticket += 1
      return state.ticket
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let failure: (any Error)? = state.withLock { state in
          if state.cancelled.remove(ticket) != nil { return CancellationError() }
          let raw = descriptor.rawValue
          guard raw >= 0 else { return SystemError(.badDescriptor, "epoll_ctl") }
          var waiter = state.waiters[raw] ?? Waiter()
          precondition(
            reading ? waiter.read == nil : waiter.write == nil, "two tasks wait for the same side of a descriptor")
          if reading {
            waiter.read = continuation
            waiter.readTicket = ticket
          } else {
            waiter.write = continuation
            waiter.writeTicket = ticket
          }
          do { try epoll.set(raw, waiter.interest, token: UInt64(raw)) } catch { return error }
          state.waiters[raw] = waiter
          return nil
        }
        if let failure { continuation.resume(throwing: failure) }
      }
    } onCancel: {
      cancel(ticket, raw: descriptor.rawValue)
    }
    _ = state.withLock { $0.cancelled.remove(ticket) }
  }

  private func cancel(_ ticket: UInt64, raw: Int32) {
    let continuation: CheckedContinuation<Void, any Error>? = state.withLock { state in
      guard var waiter = state.waiters[raw] else {
        state.cancelled.insert(ticket)
        return nil
      }
      var found: CheckedContinuation<Void, any Error>?
      if waiter.read != nil, waiter.readTicket == ticket {
        found = waiter.read
        waiter.read = nil
      } else if waiter.write != nil, waiter.writeTicket == ticket {
        found = waiter.write
        waiter.write = nil
      } else {
        state.cancelled.insert(ticket)
        return nil
      }
      if waiter.read == nil && waiter.write == nil {
        state.waiters[raw] = nil
        epoll.remove(raw)
      } else {
        state.waiters[raw] = waiter
      }
      return found
    }
    continuation?.resume(throwing: CancellationError())
  }

  private func loop() {
    while true {
      let events: [(token: UInt64, readiness: Readiness)]
      do { events = try epoll.wait() } catch { fatalError("the reactor cannot wait: \(error)") }
      for event in events {
        let raw = Int32(truncatingIfNeeded: event.token)
        let failed = !event.readiness.isDisjoint(with: [.error, .hangUp])
        let (read, write) = state.withLock { state in
          guard var waiter = state.waiters[raw] else {
            return (nil, nil) as (CheckedContinuation<Void, any Error>?, CheckedContinuation<Void, any Error>?)
          }
          var read: CheckedContinuation<Void, any Error>?
          var write: CheckedContinuation<Void, any Error>?
          if failed || !event.readiness.isDisjoint(with: [.readable, .peerClosed]) {
            read = waiter.read
            waiter.read = nil
          }
          if failed || event.readiness.contains(.writable) {
            write = waiter.write
            waiter.write = nil
          }
          if waiter.read == nil && waiter.write == nil {
            state.waiters[raw] = nil
            epoll.remove(raw)
          } else {
            state.waiters[raw] = waiter
            // One-shot: what is still awaited must be armed again.
            do { try epoll.set(raw, waiter.interest, token: event.token) } catch {
              read = read ?? waiter.read
              write = write ?? waiter.write
              state.waiters[raw] = nil
            }
          }
          return (read, write)
        }
        read?.resume()
        write?.resume()
      }
    }
  }
}
