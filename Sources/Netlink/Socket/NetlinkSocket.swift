import Linux
import Synchronization

/// A netlink family: which part of the kernel a socket speaks to.
public protocol NetlinkFamily: Sendable {
  /// The protocol number of socket(2) (NETLINK_*).
  static var number: Int32 { get }
}

/// Links, addresses, routes, neighbours, rules (rtnetlink(7)).
public enum RouteFamily: NetlinkFamily {
  /// NETLINK_ROUTE
  public static let number: Int32 = 0
}

/// nf_tables, conntrack, log and queue (nfnetlink).
public enum NetfilterFamily: NetlinkFamily {
  /// NETLINK_NETFILTER
  public static let number: Int32 = 12
}

/// Families with registered names, IPVS among them.
public enum GenericFamily: NetlinkFamily {
  /// NETLINK_GENERIC
  public static let number: Int32 = 16
}

/// A socket for links, addresses and routes.
public typealias RouteSocket = NetlinkSocket<RouteFamily>
/// A socket for nf_tables and conntrack.
public typealias NetfilterSocket = NetlinkSocket<NetfilterFamily>

/// What the kernel said to one request of an exchange.
public struct Answer: Sendable {
  /// Nil when the request was carried out.
  public var error: NetlinkError?
  /// Messages other than acknowledgements: the object asked for, or what an `.echo` tells.
  public var replies: [NetlinkMessage] = []
  /// True when the kernel said so; a request without `.acknowledge` that went well has no acknowledgement.
  public var isAcknowledged = false
}

/// Requests to the kernel, each answered before the call returns. Calls block (for as long as the kernel works, there is
/// no waiting for anyone else): make them on an owned thread. One call at a time; others wait for their turn.
public final class NetlinkSocket<Family: NetlinkFamily>: Sendable {
  private let socket: NetlinkDescriptor
  private let sequence = Mutex<UInt32>(1)

  /// Opens a socket in the calling thread's network namespace, or in the one behind `namespace`: the socket stays there,
  /// the thread does not.
  public init(in namespace: FileDescriptor? = nil) throws(NetlinkError) {
    do {
      if let namespace {
        socket = try Namespaces.inside(namespace, .network) { try NetlinkDescriptor(family: Family.number) }
      } else {
        socket = try NetlinkDescriptor(family: Family.number)
      }
      try socket.setOption(.extendedErrors, 1)
      try socket.setOption(.strictChecking, 1)
      // All acknowledgements of a batch wait here while the batch is carried out.
      try socket.setReceiveBuffer(8 << 20)
      try socket.setSendBuffer(8 << 20)
    } catch let error as SystemError {
      throw .system(error, "open a netlink socket")
    } catch {
      throw NetlinkError(.inputOutput, "open a netlink socket: \(error)", cause: error)
    }
  }

  /// Sends all requests in one datagram and reads every answer. The kernel carries them out in order and goes on after
  /// one that fails, except inside an nf_tables transaction, which is all or nothing.
  /// - Returns: an answer for each request, in order.
  /// - Throws: only where the socket itself fails; the refusal of a request is in its answer.
  public func exchange(_ requests: [NetlinkRequest]) throws(NetlinkError) -> [Answer] {
    guard !requests.isEmpty else { return [] }
    return try locked { (sequence) throws(NetlinkError) in try exchange(requests, first: &sequence) }
  }

  /// Asks for one thing and returns the kernel's replies; throws what it refuses.
  @discardableResult
  public func perform(_ request: NetlinkRequest) throws(NetlinkError) -> [NetlinkMessage] {
    let answer = try exchange([request])[0]
    if let error = answer.error { throw error }
    return answer.replies
  }

  /// Sends a batch; throws the first refusal. Requests after it were carried out nevertheless.
  public func perform(_ requests: [NetlinkRequest]) throws(NetlinkError) {
    for answer in try exchange(requests) {
      if let error = answer.error { throw error }
    }
  }

  /// Reads a table of the kernel once.
  public func dump(_ request: NetlinkRequest) throws(NetlinkError) -> Dump<NetlinkMessage> {
    try locked { (sequence) throws(NetlinkError) in
      let number = sequence
      sequence &+= 1
      try send(request.encoded(sequence: number, port: socket.port), request.purpose)
      var assembly = DumpAssembly(request: request, sequence: number)
      while true {
        for message in try receive(request.purpose) {
          if let dump = try assembly.take(message) { return dump }
        }
      }
    }
  }

  /// Reads a table of the kernel, again while it changes under way.
  /// - Throws: `.interrupted` after `attempts` tries.
  public func dumpComplete(_ request: NetlinkRequest, attempts: Int = 10) throws(NetlinkError) -> [NetlinkMessage] {
    for _ in 0..<attempts {
      if case .complete(let messages) = try dump(request) { return messages }
    }
    throw NetlinkError(.interrupted, "\(request.purpose): the table changed during each of \(attempts) attempts")
  }

  /// Reads a table of the kernel as values; `body` gives nil for messages that are of no interest.
  public func decode<Element>(
    _ request: NetlinkRequest, _ body: (NetlinkMessage) throws(NetlinkError) -> Element?
  ) throws(NetlinkError) -> [Element] {
    var elements: [Element] = []
    for message in try dumpComplete(request) {
      if let element = try body(message) { elements.append(element) }
    }
    return elements
  }

  private func exchange(_ requests: [NetlinkRequest], first: inout UInt32) throws(NetlinkError) -> [Answer] {
    let base = first
    first &+= UInt32(requests.count)
    var bytes: [UInt8] = []
    var waiting = 0
    for (index, request) in requests.enumerated() {
      bytes += request.encoded(sequence: base &+ UInt32(index), port: socket.port)
      if request.flags.contains(.acknowledge) { waiting += 1 }
    }
    let purpose = requests.count == 1 ? requests[0].purpose : "batch of \(requests.count) netlink requests"
    try send(bytes, purpose)
    // The kernel has answered everything before send returned: when nothing is left to read, nothing more will come.
    var answers = Array(repeating: Answer(), count: requests.count)
    let reliesOnSilence = waiting < requests.count
    while waiting > 0 || reliesOnSilence {
      guard let messages = try receivePending(purpose) else { break }
      for message in messages {
        let index = Int(message.sequence &- base)
        guard index < requests.count else { continue }
        switch message.type {
        case NetlinkMessage.noop: break
        case NetlinkMessage.overrun: throw NetlinkError(.overrun, "\(purpose): the kernel lost messages")
        case NetlinkMessage.error:
          if requests[index].flags.contains(.acknowledge) && !answers[index].isAcknowledged { waiting -= 1 }
          answers[index].isAcknowledged = true
          // A transaction may report more than one error for a request: the first is the reason.
          if answers[index].error == nil {
            answers[index].error = try Acknowledgement(message).error(for: requests[index])
          }
        case NetlinkMessage.done: break
        default: answers[index].replies.append(message)
        }
      }
    }
    if waiting > 0 {
      for index in requests.indices where !answers[index].isAcknowledged && answers[index].error == nil {
        guard requests[index].flags.contains(.acknowledge) else { continue }
        answers[index].error = NetlinkError(.unanswered, "\(requests[index].purpose): the kernel did not answer")
      }
    }
    return answers
  }

  private func locked<Result>(
    _ body: (inout UInt32) throws(NetlinkError) -> Result
  ) throws(NetlinkError) -> Result {
    try sequence.withLock { (value) throws(NetlinkError) -> sending Result in try body(&value) }
  }

  private func send(_ bytes: [UInt8], _ purpose: String) throws(NetlinkError) {
    do { try socket.send(bytes) } catch { throw .system(error, purpose) }
  }

  /// The messages of the next datagram from the kernel; waits for it.
  private func receive(_ purpose: String) throws(NetlinkError) -> [NetlinkMessage] {
    let datagram: NetlinkDatagram
    do { datagram = try socket.receive(wait: true) } catch { throw .system(error, purpose) }
    return try Self.messages(of: datagram, purpose)
  }

  /// The messages of the next datagram, nil when none is there.
  private func receivePending(_ purpose: String) throws(NetlinkError) -> [NetlinkMessage]? {
    let datagram: NetlinkDatagram
    do { datagram = try socket.receive(wait: false) } catch {
      if error.code == .tryAgain { return nil }
      throw .system(error, purpose)
    }
    return try Self.messages(of: datagram, purpose)
  }

  private static func messages(of datagram: NetlinkDatagram, _ purpose: String) throws(NetlinkError) -> [NetlinkMessage]
  {
    // Only the kernel is believed; any process may send to a port.
    guard datagram.sender == 0 else { return [] }
    guard datagram.fullSize == datagram.bytes.count else {
      throw NetlinkError(.truncated, "\(purpose): an answer of \(datagram.fullSize) bytes was cut")
    }
    return try NetlinkMessage.split(datagram.bytes)
  }
}
