import APIMachinery

/// How times of a field are kept: in UTC, whatever offset they were sent with, and as exactly as the field's type can say.
enum TimeForm: Sendable {
  /// `Time` of the API: whole seconds, others are dropped.
  case seconds
  /// `MicroTime`: six digits of a second.
  case microseconds

  /// The same time in this form; nil where it has it already, or is no time.
  func canonical(_ text: String) -> String? {
    // Nothing else of this length ends so, if it is a time at all.
    if text.utf8.last == UInt8(ascii: "Z"), text.utf8.count == length { return nil }
    guard let time = Timestamp(text) else { return nil }
    return self == .seconds ? time.description : time.inMicroseconds
  }

  private var length: Int { self == .seconds ? 20 : 27 }
}
