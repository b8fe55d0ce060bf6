import ContainerEngine
import HTTPService

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
    let details = chosen.sorted { $0.key < $1.key }.map { (name, value) in
      PercentEncoding.encodeForm(name) + "=" + PercentEncoding.encodeForm(value)
    }
    return details.joined(separator: ",")
  }

  private static func names(_ list: String?) -> [String] {
    (list ?? "").split(separator: ",").map(String.init)
  }
}
