import APIMachinery

/// Tolerations compared with each other (`v1` Toleration).
enum Tolerations {
  /// Whether one lets a pod onto every node that another one lets it onto.
  static func covers(_ wide: JSONValue, _ narrow: JSONValue) -> Bool {
    func text(_ value: JSONValue, _ name: String) -> String { value[name]?.stringValue ?? "" }
    if wide == narrow { return true }
    let exists = text(wide, "operator") == "Exists"
    guard text(wide, "key") == text(narrow, "key") || text(wide, "key").isEmpty && exists,
      text(wide, "effect").isEmpty || text(wide, "effect") == text(narrow, "effect")
    else { return false }
    if text(wide, "effect") == "NoExecute", let most = wide["tolerationSeconds"]?.integerValue {
      guard let seconds = narrow["tolerationSeconds"]?.integerValue, seconds <= most else { return false }
    }
    return exists || text(narrow, "operator") != "Exists" && text(wide, "value") == text(narrow, "value")
  }

  /// Those of both lists that no other one makes needless.
  static func merged(_ first: [JSONValue], _ second: [JSONValue]) -> [JSONValue] {
    let all = first + second
    var merged: [JSONValue] = []
    for (index, one) in all.enumerated() {
      let isNeedless =
        merged.contains { covers($0, one) } || all[(index + 1)...].contains { $0 != one && covers($0, one) }
      if !isNeedless { merged.append(one) }
    }
    return merged
  }
}
