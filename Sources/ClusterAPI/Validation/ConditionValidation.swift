import APIMachinery

/// Lists of conditions as most statuses have them (`metav1.Condition`), by the rules of apimachinery's `ValidateConditions`.
enum ConditionValidation {
  private static let reasonBytes = 1024
  private static let messageBytes = 32 * 1024

  /// Judges a list of conditions, whose types are not repeated.
  static func validate(_ conditions: [JSONValue], _ path: FieldPath, _ findings: inout Findings) {
    var types: Set<String> = []
    for (index, condition) in conditions.enumerated() {
      let path = path.index(index)
      let type = condition.text("type")
      if !types.insert(type).inserted { findings.add(.duplicate(path.child("type"), .string(type))) }
      validate(condition, path, &findings)
    }
  }

  /// Judges one condition.
  static func validate(_ condition: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let type = condition.text("type")
    findings.invalid(path.child("type"), .string(type), NameRules.labelKey(type))
    let status = condition.text("status")
    let statuses = ["False", "True", "Unknown"]
    if !statuses.contains(status) {
      findings.add(.notSupported(path.child("status"), .string(status), statuses))
    }
    if let generation = condition["observedGeneration"]?.integerValue, generation < 0 {
      findings.invalid(
        path.child("observedGeneration"), .integer(generation), "must be greater than or equal to zero")
    }
    if condition.text("lastTransitionTime").isEmpty { findings.required(path.child("lastTransitionTime")) }
    let reason = condition.text("reason")
    if reason.isEmpty {
      findings.required(path.child("reason"))
    } else if !isReason(reason) {
      findings.invalid(
        path.child("reason"), .string(reason),
        "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')"
      )
    }
    for (name, limit) in [("reason", reasonBytes), ("message", messageBytes)]
    where condition.text(name).utf8.count > limit {
      findings.add(.tooLong(path.child(name), maximumBytes: limit))
    }
  }

  /// A letter, then letters, digits, `_`, `,` and `:`, the last of which is no separator.
  private static func isReason(_ text: String) -> Bool {
    func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
    func isWord(_ byte: UInt8) -> Bool {
      isLetter(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "_")
    }
    guard let first = text.utf8.first, let last = text.utf8.last, isLetter(first), isWord(last) else { return false }
    return text.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ":") }
  }
}
