import Linux

/// Messages for the person who runs the engine, about what no caller can be told.
enum Diagnostics {
  static func warn(_ message: String) { StandardError.write("network: \(message)\n") }
}
