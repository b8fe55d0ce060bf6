/// A table of the kernel. It is read in parts, and when it changes between two parts the kernel says so: then entries may
/// be missing or there twice, and only the caller knows whether that is good enough.
public enum Dump<Element: Sendable>: Sendable {
  case complete([Element])
  case interrupted([Element])

  /// What was read, whole or not.
  public var elements: [Element] {
    switch self {
    case .complete(let elements), .interrupted(let elements): elements
    }
  }

  /// The same with each element turned into something else.
  public func map<T: Sendable, Failure: Error>(_ body: (Element) throws(Failure) -> T) throws(Failure) -> Dump<T> {
    switch self {
    case .complete(let elements): .complete(try elements.map(body))
    case .interrupted(let elements): .interrupted(try elements.map(body))
    }
  }
}

/// Puts the parts of a dump together.
struct DumpAssembly {
  let request: NetlinkRequest
  let sequence: UInt32
  private var messages: [NetlinkMessage] = []
  private var interrupted = false

  init(request: NetlinkRequest, sequence: UInt32) {
    self.request = request
    self.sequence = sequence
  }

  /// Takes the next message; gives the dump when that was the last one, and throws what the kernel refuses.
  mutating func take(_ message: NetlinkMessage) throws(NetlinkError) -> Dump<NetlinkMessage>? {
    guard message.sequence == sequence else { return nil }
    interrupted = interrupted || message.isInterrupted
    switch message.type {
    case NetlinkMessage.noop: return nil
    case NetlinkMessage.overrun: throw NetlinkError(.overrun, "\(request.purpose): the kernel lost messages")
    case NetlinkMessage.error, NetlinkMessage.done:
      if let error = try Acknowledgement(message).error(for: request) { throw error }
      return interrupted ? .interrupted(messages) : .complete(messages)
    default:
      messages.append(message)
      return nil
    }
  }
}
