import APIMachinery

/// How a value that is sent as text is kept, where several texts say the same.
enum ValueForm: Sendable {
  /// `Time` of the API: in UTC, whole seconds; others are dropped.
  case seconds
  /// `MicroTime`: in UTC, with six digits of a second.
  case microseconds
  /// Bytes in base64: without the breaks of lines that tools put in.
  case bytes

  /// The same value in this form; nil where it has it already, or is none.
  func canonical(_ text: String) -> String? {
    switch self {
    // Nothing else of this length ends so, if it is a time at all.
    case .seconds: text.isUTC(20) ? nil : Timestamp(text)?.description
    case .microseconds: text.isUTC(27) ? nil : Timestamp(text)?.inMicroseconds
    case .bytes: text.isEncodedPlainly ? nil : Base64.decode(text).map { Base64.encode($0) }
    }
  }
}

extension String {
  fileprivate func isUTC(_ length: Int) -> Bool { utf8.count == length && utf8.last == UInt8(ascii: "Z") }

  /// Whether this is what an encoder writes, if it is base64: it breaks no lines, and leaves no bits over at the end.
  fileprivate var isEncodedPlainly: Bool {
    if utf8.contains(where: { $0 == 0x0A || $0 == 0x0D }) { return false }
    guard utf8.last == UInt8(ascii: "=") else { return true }
    let end = String(suffix(4))
    return Base64.decode(end).map { Base64.encode($0) } == end
  }
}
