/// Metrics in Prometheus' text format (version 0.0.4).
struct MetricsText {
  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  private(set) var text = ""

  /// Begins a metric.
  mutating func begin(_ name: String, _ type: String, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
  }

  mutating func add(_ name: String, _ labels: [(String, String)] = [], _ value: some CustomStringConvertible) {
    text += name
    if !labels.isEmpty {
      text += "{"
      for (index, label) in labels.enumerated() {
        if index > 0 { text += "," }
        text += "\(label.0)=\"\(Self.escaped(label.1))\""
      }
      text += "}"
    }
    text += " \(value)\n"
  }

  /// The upper end of a bucket.
  static func number(_ bound: Double) -> String { bound == bound.rounded() ? String(Int(bound)) : String(bound) }

  private static func escaped(_ value: String) -> String {
    guard value.utf8.contains(where: { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "\"") || $0 == 0x0A }) else {
      return value
    }
    return value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }

  /// A metric of one value.
  mutating func gauge(_ name: String, _ help: String, _ value: some CustomStringConvertible) {
    begin(name, "gauge", help)
    add(name, [], value)
  }
}
