import APIMachinery

/// Which nodes are meant for which namespaces (the member `podNodeSelectorPluginConfig` of the plugin's file).
public struct PodNodeSelectorConfiguration: Sendable {
  private static let usualName = "clusterDefaultNodeSelector"

  /// Of namespaces that have no annotation.
  private(set) var usual: [String: String] = [:]
  /// Labels that pods of a namespace may select nodes by, of namespaces that are named.
  private(set) var selectors: [String: [String: String]] = [:]

  /// No node is meant for anybody.
  public init() {}

  /// - Throws: 400 where the value is no such configuration.
  init(_ value: JSONValue) throws(StatusError) {
    let known = value.objectValue?.keys.filter { $0 != "podNodeSelectorPluginConfig" } ?? []
    guard known.isEmpty, let told = value["podNodeSelectorPluginConfig"]?.objectValue else {
      throw .badRequest("it must have one member, podNodeSelectorPluginConfig, from namespaces to selectors")
    }
    for (name, value) in told {
      guard let text = value.stringValue, let selector = Self.labels(text) else {
        throw .badRequest("podNodeSelectorPluginConfig.\(name): it must be a selector such as a=b,c=d")
      }
      if name == Self.usualName { usual = selector } else { selectors[name] = selector }
    }
  }

  /// Labels as selectors of equality write them; nil where the text is none.
  static func labels(_ text: String) -> [String: String]? {
    guard !text.isEmpty else { return [:] }
    var labels: [String: String] = [:]
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", omittingEmptySubsequences: false)
      guard sides.count == 2 else { return nil }
      let key = String(sides[0].filter { !$0.isWhitespace })
      let value = String(sides[1].filter { !$0.isWhitespace })
      guard NameRules.labelKey(key).isEmpty, NameRules.labelValue(value).isEmpty else { return nil }
      labels[key] = value
    }
    return labels
  }
}
