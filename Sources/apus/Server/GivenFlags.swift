/// The flags that a command was given, as `/flagz` shows them: those that are secret by themselves are not shown.
enum GivenFlags {
  private static let secret: Set<String> = ["token"]
  private static let hidden = "CLASSIFIED"

  /// - Parameter arguments: the command's name and its flags, as the command line and the configuration file have them.
  static func read(_ arguments: some Sequence<String>) -> [String: String] {
    var flags: [String: String] = [:]
    var open: String?
    func note(_ name: String, _ value: String) {
      let value = secret.contains(name) ? hidden : value
      flags[name] = flags[name].map { "\($0),\(value)" } ?? value
    }
    for argument in arguments {
      guard argument.hasPrefix("--") else {
        if let name = open { note(name, argument) }
        open = nil
        continue
      }
      // A flag without a value is one that is true.
      if let name = open { note(name, "true") }
      open = nil
      let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = parts.first, !name.isEmpty else { continue }
      if parts.count == 2 { note(String(name), String(parts[1])) } else { open = String(name) }
    }
    if let name = open { note(name, "true") }
    return flags
  }
}
