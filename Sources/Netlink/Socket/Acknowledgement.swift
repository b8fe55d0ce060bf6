import Linux

/// What an NLMSG_ERROR (or the end of a dump) says: success, or why not.
struct Acknowledgement {
  /// 0, or the kernel's error number.
  let errno: Int32
  let text: String?
  /// Offset in the request of the attribute that the kernel objects to.
  let offset: Int?
  /// The number of an attribute that the kernel misses.
  let missingType: UInt32?

  /// - Parameter message: of type NLMSG_ERROR or NLMSG_DONE. The latter carries the number alone before its texts.
  init(_ message: NetlinkMessage) throws(NetlinkError) {
    let number = message.payload.isEmpty ? 0 : try message.header(at: 0, Int32.self)
    errno = number < 0 ? -number : number
    var text: String?
    var offset: Int?
    var missing: UInt32?
    // NLM_F_ACK_TLVS: texts follow the echo of the request, or of its header alone (NLM_F_CAPPED).
    if message.flags & 0x200 != 0 {
      var skip = 4
      if message.type == NetlinkMessage.error {
        let echoed = message.flags & 0x100 != 0 ? 16 : Int(try message.header(at: 4, UInt32.self))
        skip += (echoed + 3) & ~3
      }
      let attributes = try message.attributes(after: skip)
      text = attributes[1]?.string
      offset = attributes[2]?.u32.map { Int($0) }
      missing = attributes[5]?.u32
    }
    self.text = text
    self.offset = offset
    missingType = missing
  }

  /// The error to show, nil for success.
  func error(for request: NetlinkRequest) -> NetlinkError? {
    guard errno != 0 else { return nil }
    let reason = Errno(rawValue: errno)
    var message = "\(request.purpose): \(reason)"
    if let text { message += " (\(text))" }
    var attribute: String?
    if let offset, let label = request.label(at: offset) {
      attribute = "\(label)"
      message += ", at \(label)"
    } else if let missingType {
      message += ", attribute \(missingType) is missing"
    }
    return NetlinkError(.rejected, message, errno: reason, kernelText: text, attribute: attribute)
  }
}
