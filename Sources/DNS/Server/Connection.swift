import Linux

/// A client's connection (RFC 1035, section 4.2.2; RFC 7766): messages with their length in front, any number of them,
/// answered as the answers come.
final class Connection: LoopSource {
  private let descriptor: FileDescriptor
  private let listener: Listener
  private var token: UInt64 = 0
  private var interest: Readiness = .readable
  private var input: [UInt8] = []
  private var output: [UInt8] = []
  /// Bytes of `output` that the kernel has.
  private var sent = 0
  private var forwards: [ObjectIdentifier: Forward] = [:]
  private var hasEnded = false
  private var isClosed = false
  private var isServing = false
  /// When the last query was complete or the last answer taken, in nanoseconds of the monotonic clock. Single bytes do
  /// not count: who sends a query slowly would stay for ever.
  private(set) var lastUse = Clock.monotonic

  private static let chunk = 16384

  init(_ descriptor: FileDescriptor, _ listener: Listener) {
    self.descriptor = descriptor
    self.listener = listener
  }

  func start(_ loop: ServerLoop) throws(SystemError) {
    token = try loop.watch(descriptor, interest, self)
    loop.call(token, at: lastUse + loop.settings.idleTimeout.nanoseconds)
  }

  /// Nothing is owed to the client.
  var isQuiet: Bool { forwards.isEmpty && sent == output.count }

  func close(_ loop: ServerLoop) {
    if isClosed { return }
    isClosed = true
    loop.forget(descriptor, token)
    descriptor.close()
    listener.forget(self)
    for forward in forwards.values { forward.cancel(loop) }
    forwards = [:]
  }

  func ready(_ readiness: Readiness, _ loop: ServerLoop) {
    if !readiness.isDisjoint(with: [.error, .hangUp]) { return close(loop) }
    if readiness.contains(.readable) { read(loop) }
    if readiness.contains(.writable), !isClosed { serve(loop) }
  }

  func expired(_ token: UInt64, _ loop: ServerLoop) {
    let limit = loop.settings.idleTimeout.nanoseconds
    let now = Clock.monotonic
    // Upstreams have times of their own.
    if !forwards.isEmpty { lastUse = now }
    if now - lastUse >= limit { return close(loop) }
    loop.call(token, at: lastUse + limit)
  }

  private func read(_ loop: ServerLoop) {
    do throws(SystemError) {
      let bytes = try descriptor.read(upTo: Self.chunk)
      if bytes.isEmpty { hasEnded = true }
      input += bytes
    } catch {
      if error.code != .tryAgain { return close(loop) }
    }
    serve(loop)
  }

  /// Answers what can be answered now, and decides what to wait for next.
  private func serve(_ loop: ServerLoop) {
    isServing = true
    repeat { write(loop) } while !isClosed && sent == output.count && answerQueries(loop)
    isServing = false
    if isClosed { return }
    if hasEnded, isQuiet { return close(loop) }
    var wanted: Readiness = []
    // Who does not take answers, or asks for too much at once, is not read from.
    if !hasEnded, sent == output.count, forwards.count < loop.settings.pipelineLimit { wanted.insert(.readable) }
    if sent < output.count { wanted.insert(.writable) }
    if wanted != interest {
      interest = wanted
      loop.rearm(descriptor, wanted, token)
    }
  }

  /// Answers some of the queries that are complete; false where there was none.
  private func answerQueries(_ loop: ServerLoop) -> Bool {
    var offset = 0
    while output.count < Self.chunk, forwards.count < loop.settings.pipelineLimit, input.count - offset >= 2 {
      let length = Int(input[offset]) << 8 | Int(input[offset + 1])
      guard input.count - offset - 2 >= length else { break }
      let message = Array(input[(offset + 2)..<(offset + 2 + length)])
      offset += 2 + length
      switch listener.serve(message, count: length, from: .connection(self), loop) {
      case .answered:
        output += loop.writer.bytes
        lastUse = Clock.monotonic
      case .forwarded: lastUse = Clock.monotonic
      case .ignored: break
      }
    }
    input.removeFirst(offset)
    return offset > 0
  }

  /// Sends what the client takes.
  private func write(_ loop: ServerLoop) {
    if output.isEmpty { return }
    while sent < output.count {
      // In parts: what is given is copied, and of much the kernel takes little.
      let part = output[sent..<min(sent + 65536, output.count)]
      do throws(SystemError) { sent += try Sockets.send(part, to: descriptor) } catch {
        if error.code != .tryAgain { close(loop) }
        return
      }
    }
    output.removeAll(keepingCapacity: output.count <= Self.chunk)
    sent = 0
    lastUse = Clock.monotonic
  }

  // MARK: Forwards

  /// A query of this connection waits for an upstream.
  func hold(_ forward: Forward) { forwards[ObjectIdentifier(forward)] = forward }

  /// Its answer has come.
  func deliver(_ answer: [UInt8], of forward: Forward, _ loop: ServerLoop) {
    forwards[ObjectIdentifier(forward)] = nil
    output.append(UInt8(truncatingIfNeeded: answer.count >> 8))
    output.append(UInt8(truncatingIfNeeded: answer.count))
    output += answer
    // A failure may come at once, while the queries before it are being read.
    if !isServing { serve(loop) }
  }
}
