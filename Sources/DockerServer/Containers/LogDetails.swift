import ContainerEngine

/// What `docker logs --details` puts before each line: the labels and variables that the container's log options
/// (`labels`, `env`) choose.
enum LogDetails {
  /// `name=value,…` by name, percent-encoded as a query is; empty where nothing is chosen.
  static func text(_ record: ContainerRecord) -> String {
    let options = record.definition.logging.options
    var chosen: [String: String] = [:]
    for name in names(options["labels"]) { chosen[name] = record.definition.labels[name] }
    let variables = Dictionary(
      record.definition.environment.compactMap { entry in
        entry.firstIndex(of: "=").map { (String(entry[..<$0]), String(entry[entry.index(after: $0)...])) }
      }, uniquingKeysWith: { $1 })
    for name in names(options["env"]) { chosen[name] = variables[name] }
    return chosen.sorted { $0.key < $1.key }.map { escape($0.key) + "=" + escape($0.value) }.joined(separator: ",")
  }

  private static func names(_ list: String?) -> [String] {
    (list ?? "").split(separator: ",").map(String.init)
  }

  /// Go's url.QueryEscape.
  private static func escape(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: result.unicodeScalars.append(.init(byte))
      case 0x20: result += "+"
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        result += digits.count == 1 ? "%0" + digits : "%" + digits
      }
    }
    return result
  }
}
