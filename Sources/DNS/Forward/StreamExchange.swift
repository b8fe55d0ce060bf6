import Linux

/// A question by TCP (RFC 7766), on a connection of its own.
final class StreamExchange: Exchange {
  let socket: FileDescriptor
  private(set) var interest: Readiness = .writable
  private let check: AnswerCheck
  private var request: ArraySlice<UInt8>
  private var isConnected = false
  private var input: [UInt8] = []

  /// Begins to connect. Throws where the kernel knows already that nobody is there.
  init(_ upstream: Upstream, _ query: Query, _ bytes: [UInt8]) throws {
    check = AnswerCheck(query, bytes)
    let count = check.request.count
    request = [UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count)] + check.request[...]
    socket = try upstream.openSocket(.stream)
    do throws(SystemError) { try Sockets.connect(socket, to: upstream.socketAddress) } catch {
      if error.code != .inProgress { throw error }
    }
  }

  func proceed(_ loop: ServerLoop) -> ExchangeProgress {
    do throws(SystemError) {
      if !isConnected {
        guard try Sockets.get(.pendingError, of: socket) == 0 else { return .failed }
        isConnected = true
      }
      if !request.isEmpty {
        request = request.dropFirst(try Sockets.send(request, to: socket))
        if request.isEmpty { interest = .readable }
        return .waiting
      }
      let bytes = try socket.read(upTo: 65537)
      if bytes.isEmpty { return .failed }
      input += bytes
    } catch { return error.code == .tryAgain ? .waiting : .failed }
    guard input.count >= 2 else { return .waiting }
    let length = Int(input[0]) << 8 | Int(input[1])
    guard input.count >= 2 + length else { return .waiting }
    let answer = Array(input[2..<(2 + length)])
    // Nothing else can come on a connection that carries one question.
    return check.verdict(answer, count: length) == .answer ? .answer(answer) : .failed
  }
}
