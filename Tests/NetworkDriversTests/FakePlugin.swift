import FoundationEssentials
import Linux
import Synchronization
import Testing

/// A plugin that answers what a test tells it to, on a unix socket or a port of loopback, one request at a time.
final class FakePlugin: Sendable {
  /// What one call is answered with.
  struct Answer: Sendable {
    var status = 200
    var body = "{}"
    /// Never answers.
    var hangs = false
    /// Closes the connection instead.
    var closes = false
  }
  struct Call: Sendable {
    var method: String
    var head: String
    var body: String
  }
  private struct State {
    var answers: [String: Answer] = [:]
    var calls: [Call] = []
    var stopped = false
  }
  private let state = Mutex(State())
  private let listener: FileDescriptor
  let port: UInt16?

  /// - Parameter path: of the socket; nil listens on a free port of 127.0.0.1.
  init(_ path: String?, implements: [String] = ["NetworkDriver", "IpamDriver"]) throws {
    listener = try Sockets.make(path == nil ? .ipv4 : .unix, .stream, nonBlocking: false)
    try Sockets.bind(listener, to: path.map { .unix($0) } ?? .ipv4([127, 0, 0, 1], port: 0))
    try Sockets.listen(listener)
    port = try Sockets.localAddress(listener)?.port
    let list = implements.map { "\"\($0)\"" }.joined(separator: ",")
    answer("Plugin.Activate", Answer(body: "{\"Implements\": [\(list)]}"))
    try Threads.start(name: "plugin", stackSize: 1 << 20) { [self] in serve() }
  }

  func answer(_ method: String, _ answer: Answer) { state.withLock { $0.answers[method] = answer } }
  func answer(_ method: String, _ body: String) { answer(method, Answer(body: body)) }

  var calls: [Call] { state.withLock { $0.calls } }
  var methods: [String] { calls.map(\.method) }

  /// Takes no more connections.
  func stop() throws {
    let wasStopped = state.withLock { state in
      defer { state.stopped = true }
      return state.stopped
    }
    if !wasStopped { try Sockets.shutdown(listener, .both) }
  }

  private func serve() {
    while let connection = try? Sockets.accept(listener, nonBlocking: false).connection {
      if state.withLock({ $0.stopped }) { break }
      do { try serve(connection) } catch { Issue.record("the fake plugin: \(error)") }
    }
    listener.close()
  }

  private func serve(_ connection: FileDescriptor) throws {
    var bytes: [UInt8] = []
    var head: String?
    var length = 0
    while true {
      if head == nil, let end = String(decoding: bytes, as: UTF8.self).firstRange(of: "\r\n\r\n") {
        let text = String(decoding: bytes, as: UTF8.self)[..<end.lowerBound]
        head = String(text)
        bytes.removeFirst(text.utf8.count + 4)
        for line in text.lowercased().split(separator: "\r\n") where line.hasPrefix("content-length:") {
          length = Int(line.dropFirst(15).filter { $0 != " " }) ?? 0
        }
      }
      if head != nil, bytes.count >= length { break }
      let more = try connection.read(upTo: 65536)
      if more.isEmpty { return connection.close() }
      bytes += more
    }
    let method = String((head ?? "").split(separator: " ").dropFirst().first?.dropFirst() ?? "")
    let answer = state.withLock { state in
      state.calls.append(Call(method: method, head: head ?? "", body: String(decoding: bytes, as: UTF8.self)))
      return state.answers[method] ?? Answer(status: 404, body: "404 page not found")
    }
    if answer.hangs {
      // Until the other side has had enough of it.
      return try Threads.start(name: "plugin", stackSize: 1 << 20) {
        while let more = try? connection.read(upTo: 1024), !more.isEmpty {}
        connection.close()
      }
    }
    defer { connection.close() }
    if answer.closes { return }
    let text = "HTTP/1.1 \(answer.status) X\r\nContent-Length: \(answer.body.utf8.count)\r\n\r\n\(answer.body)"
    // An answer that is too large is not read to its end.
    do { try connection.writeAll(text.utf8) } catch { return }
  }
}
