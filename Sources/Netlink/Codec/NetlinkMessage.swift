/// Flags of a request (NLM_F_*, netlink(7)).
public struct RequestFlags: OptionSet, Sendable {
  public let rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }
  /// Every request has it.
  public static let request = RequestFlags(rawValue: 0x1)
  /// Ask for an answer even where all went well.
  public static let acknowledge = RequestFlags(rawValue: 0x4)
  /// Ask for the message that listeners get, too: it tells what the kernel chose.
  public static let echo = RequestFlags(rawValue: 0x8)
  /// Ask for all objects.
  public static let dump = RequestFlags(rawValue: 0x300)
  /// Creating: replace what is there.
  public static let replace = RequestFlags(rawValue: 0x100)
  /// Creating: fail where something is there.
  public static let exclusive = RequestFlags(rawValue: 0x200)
  /// Creating: make what is not there.
  public static let create = RequestFlags(rawValue: 0x400)
  /// Creating: add at the end.
  public static let append = RequestFlags(rawValue: 0x800)
  /// Deleting: do not recurse, or delete all that match (NLM_F_NONREC, NLM_F_BULK).
  public static let nonRecursive = RequestFlags(rawValue: 0x100)
  /// Deleting: all that match.
  public static let bulk = RequestFlags(rawValue: 0x200)
}

/// A request to the kernel, complete but for its sequence number.
public struct NetlinkRequest: Sendable {
  /// nlmsg_type.
  public let type: UInt16
  /// nlmsg_flags.
  public let flags: RequestFlags
  /// What the request does, for people ("create link web1"): it begins every error's message.
  public let purpose: String
  let payload: MessageWriter

  /// - Parameter flags: `.request` is added.
  public init(
    _ type: UInt16, _ flags: RequestFlags, purpose: @autoclosure () -> String, _ body: (inout MessageWriter) -> Void
  ) {
    self.type = type
    self.flags = flags.union(.request)
    self.purpose = purpose()
    var writer = MessageWriter()
    body(&writer)
    writer.align()
    payload = writer
  }

  /// The bytes of the whole message with its header of 16 bytes.
  public func encoded(sequence: UInt32, port: UInt32) -> [UInt8] {
    var writer = MessageWriter()
    writer.append(UInt32(16 + payload.bytes.count))
    writer.append(type)
    writer.append(flags.rawValue)
    writer.append(sequence)
    writer.append(port)
    writer.append(payload.bytes)
    return writer.bytes
  }

  /// The name of the attribute that begins at an offset of the encoded message.
  func label(at offset: Int) -> StaticString? { payload.labels.last { $0.offset + 16 == offset }?.name }
}

/// A message from the kernel.
public struct NetlinkMessage: Sendable {
  /// nlmsg_type.
  public let type: UInt16
  /// nlmsg_flags.
  public let flags: UInt16
  /// The number of the request that it answers; 0 for announcements.
  public let sequence: UInt32
  /// The socket that it is for.
  public let port: UInt32
  /// What follows the header of 16 bytes.
  public let payload: ArraySlice<UInt8>

  /// The kernel's own types: nothing, an error or acknowledgement, the end of a dump, lost messages.
  static let noop: UInt16 = 1
  static let error: UInt16 = 2
  static let done: UInt16 = 3
  static let overrun: UInt16 = 4

  var isMultiPart: Bool { flags & 0x2 != 0 }
  /// The dump was changed under way: it may lack entries or have them twice.
  var isInterrupted: Bool { flags & 0x10 != 0 }

  /// Splits a datagram into its messages. Throws `.malformed` where a length leads out of it.
  public static func split(_ bytes: [UInt8]) throws(NetlinkError) -> [NetlinkMessage] {
    var messages: [NetlinkMessage] = []
    var rest = bytes[...]
    while rest.count >= 16 {
      guard let length = readNumber(rest, at: 0, UInt32.self).map({ Int($0) }), length >= 16, length <= rest.count,
        let type = readNumber(rest, at: 4, UInt16.self), let flags = readNumber(rest, at: 6, UInt16.self),
        let sequence = readNumber(rest, at: 8, UInt32.self), let port = readNumber(rest, at: 12, UInt32.self)
      else { throw .malformed("a message's length leads out of its datagram") }
      let start = rest.startIndex
      messages.append(
        NetlinkMessage(
          type: type, flags: flags, sequence: sequence, port: port, payload: rest[(start + 16)..<(start + length)]))
      rest = rest.dropFirst((length + 3) & ~3)
    }
    return messages
  }

  /// A number of the payload's fixed header, in the host's byte order.
  public func header<T: FixedWidthInteger>(at offset: Int, _ type: T.Type) throws(NetlinkError) -> T {
    guard let value = readNumber(payload, at: offset, type) else { throw .malformed("a message is too short") }
    return value
  }

  /// The attributes behind a fixed header of `size` bytes.
  public func attributes(after size: Int) throws(NetlinkError) -> Attributes {
    guard payload.count >= size else { throw .malformed("a message is too short") }
    return try Attributes(payload.dropFirst((size + 3) & ~3))
  }
}
