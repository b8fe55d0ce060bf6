import APIMachinery

/// Conditions of a status, where a kind has those of `meta/v1` and its rules for them.
enum ConditionValidation {
  private static let longestReason = 1 << 10
  private static let longestMessage = 32 << 10
  private static let reasonRule =
    "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')"

  /// Each is whole, and none has the type of another.
  static func validate(_ conditions: [JSONValue], _ path: FieldPath, _ findings: inout Findings) {
    var types: Set<String> = []
    for (index, condition) in conditions.enumerated() {
      let (path, type) = (path.index(index), condition.text("type"))
      if !types.insert(type).inserted { findings.add(.duplicate(path.child("type"), .string(type))) }
      validate(condition, path, &findings)
    }
  }

  private static func validate(_ condition: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let (type, status) = (condition.text("type"), condition.text("status"))
    findings.invalid(path.child("type"), .string(type), NameRules.labelKey(type))
    if !["False", "True", "Unknown"].contains(status) {
      findings.add(.notSupported(path.child("status"), .string(status), ["False", "True", "Unknown"]))
    }
    if let generation = condition["observedGeneration"]?.integerValue, generation < 0 {
      findings.invalid(
        path.child("observedGeneration"), .integer(generation), "must be greater than or equal to zero")
    }
    if condition.text("lastTransitionTime").isEmpty { findings.required(path.child("lastTransitionTime")) }
    let reason = condition.text("reason")
    if reason.isEmpty {
      findings.required(path.child("reason"))
    } else {
      if !isReason(reason) { findings.invalid(path.child("reason"), .string(reason), reasonRule) }
      if reason.utf8.count > longestReason {
        findings.add(.tooLong(path.child("reason"), maximumBytes: longestReason))
      }
    }
    if condition.text("message").utf8.count > longestMessage {
      findings.add(.tooLong(path.child("message"), maximumBytes: longestMessage))
    }
  }

  private static func isReason(_ text: String) -> Bool {
    func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
    func isWord(_ byte: UInt8) -> Bool {
      isLetter(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "_")
    }
    guard let first = text.utf8.first, let last = text.utf8.last, isLetter(first), isWord(last) else { return false }
    return text.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ":") }
  }
}
