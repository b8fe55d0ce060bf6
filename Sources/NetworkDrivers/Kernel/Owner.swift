/// The mark on every link that says whose it is, kept as the link's alias: names are too short for it.
enum Owner {
  static func network(_ id: String, _ instance: String) -> String { "\(instance)/network/\(id)" }
  static func endpoint(_ id: String, _ instance: String) -> String { "\(instance)/endpoint/\(id)" }
  /// Whether an alias is the mark of any instance.
  static func isAnyones(_ alias: String) -> Bool {
    let parts = alias.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 3 && ["network", "endpoint"].contains(parts[1]) && parts[2].utf8.count == 64
  }

  /// What a mark says that a link belongs to, by its id.
  enum Object: Sendable, Hashable {
    case network(String)
    case endpoint(String)
  }

  /// The object whose mark an alias is; nil for those of other instances and for what is no mark.
  static func object(of alias: String?, _ instance: String) -> Object? {
    guard let alias, isAnyones(alias) else { return nil }
    let parts = alias.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts[0] == instance else { return nil }
    return parts[1] == "network" ? .network(parts[2]) : .endpoint(parts[2])
  }

  /// Whether a link with this alias belongs to the instance.
  static func isOurs(_ alias: String?, _ instance: String) -> Bool {
    alias?.hasPrefix("\(instance)/network/") == true || alias?.hasPrefix("\(instance)/endpoint/") == true
  }
}
