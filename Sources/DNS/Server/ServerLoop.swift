import Linux

/// Something that waits for a descriptor, a time, or both, under a token.
protocol LoopSource: AnyObject {
  /// The descriptor is ready.
  func ready(_ readiness: Readiness, _ loop: ServerLoop)
  /// A time that was asked for has come.
  func expired(_ token: UInt64, _ loop: ServerLoop)
}

/// The server's thread: it hears the bell, dispatches readiness, and calls who asked for a time. Everything below it
/// lives on this thread alone.
final class ServerLoop {
  let settings: DNSServer.Settings
  /// Where answers are written.
  var writer = WireWriter()
  /// What clients send; a query that is larger is cut and so refused.
  let queries = DatagramBatch(size: 4096)
  /// What upstreams send.
  let answers = DatagramBuffer(capacity: 65535)
  private let epoll: Epoll
  private let mailbox: Mailbox
  private var sources: [UInt64: any LoopSource] = [:]
  private var deadlines = DeadlineHeap()
  private var vigil = Vigil()
  private var listeners: [DNSServer.ListenerID: Listener] = [:]
  private static let bell: UInt64 = 0

  init(_ epoll: Epoll, _ mailbox: Mailbox, _ settings: DNSServer.Settings) {
    self.epoll = epoll
    self.mailbox = mailbox
    self.settings = settings
  }

  /// Serves until the order to stop.
  func run() {
    do { try epoll.set(mailbox.bell.rawValue, .readable, token: Self.bell) } catch {
      fatalError("the name server cannot hear: \(error)")
    }
    var events = EpollEvents()
    while true {
      do { try wait(&events) } catch { fatalError("the name server cannot wait: \(error)") }
      // Before the mail is taken: what comes between the two rings once more.
      if events.contains(where: { $0.token == Self.bell }) { mailbox.silence() }
      for mail in mailbox.take() {
        if case .stop(let done) = mail { return stop(done) }
        obey(mail)
      }
      for event in events { sources[event.token]?.ready(event.readiness, self) }
      expire()
    }
  }

  /// Waits for events; awake for a moment, where the next one has kept coming within that.
  private func wait(_ events: inout EpollEvents) throws(SystemError) {
    if vigil.isWorthwhile {
      try epoll.wait(timeout: 0, &events)
      if !events.isEmpty { return }
      let end = Clock.monotonic + Vigil.length
      repeat {
        // Who asks may be waiting for this very processor.
        Threads.yield()
        try epoll.wait(timeout: 0, &events)
        if !events.isEmpty { return }
      } while Clock.monotonic < end
      vigil.wasInVain()
    }
    let began = Clock.monotonic
    try epoll.wait(timeout: timeout(), &events)
    vigil.slept(Clock.monotonic - began)
  }

  private func obey(_ mail: Mailbox.Mail) {
    switch mail {
    case .add(let id, let sockets, let isForAll):
      let listener = Listener(id, sockets, isForAll: isForAll)
      listeners[id] = listener
      sources[id.datagrams] = DatagramDoor(listener)
      sources[id.connections] = ConnectionDoor(listener)
    case .remove(let id, let done):
      listeners.removeValue(forKey: id)?.close(self)
      done?()
    case .stop(let done): done?()
    }
  }

  private func stop(_ done: (@Sendable () -> Void)?) {
    let late = mailbox.close()
    for listener in listeners.values { listener.close(self) }
    listeners = [:]
    for mail in late {
      obey(mail)
      if case .add(let id, _, _) = mail { listeners.removeValue(forKey: id)?.close(self) }
    }
    done?()
  }

  // MARK: Descriptors

  /// Waits for a descriptor under a new token.
  func watch(
    _ descriptor: FileDescriptor, _ interest: Readiness, _ source: any LoopSource
  ) throws(SystemError) -> UInt64 {
    let token = mailbox.newTokens()
    try epoll.set(descriptor.rawValue, interest, token: token)
    sources[token] = source
    return token
  }

  /// Changes what is waited for. False where the kernel has no room for that, which can only be after a rest.
  @discardableResult
  func rearm(_ descriptor: FileDescriptor, _ interest: Readiness, _ token: UInt64) -> Bool {
    do throws(SystemError) {
      try epoll.set(descriptor.rawValue, interest, token: token)
      return true
    } catch { return false }
  }

  /// Waits for nothing until `rearm`; the token stays.
  func rest(_ descriptor: FileDescriptor) { epoll.remove(descriptor.rawValue) }

  /// Forgets a descriptor; before it is closed.
  func forget(_ descriptor: FileDescriptor, _ token: UInt64) {
    sources[token] = nil
    epoll.remove(descriptor.rawValue)
  }

  // MARK: Times

  /// Calls the token's source at a time, in nanoseconds of the monotonic clock.
  func call(_ token: UInt64, at deadline: Int64) { deadlines.insert(token, at: deadline) }

  /// Milliseconds until somebody must be called; -1 where nobody must.
  private func timeout() -> Int32 {
    while let first = deadlines.first {
      guard sources[first.token] != nil else {
        deadlines.removeFirst()
        continue
      }
      // Up to the next whole one: waking early would only mean to wait again.
      return Int32(clamping: max(0, (first.deadline - Clock.monotonic + 999_999) / 1_000_000))
    }
    return -1
  }

  private func expire() {
    guard deadlines.first != nil else { return }
    let now = Clock.monotonic
    while let first = deadlines.first, first.deadline <= now {
      deadlines.removeFirst()
      sources[first.token]?.expired(first.token, self)
    }
  }
}
