import APIMachinery

/// What becomes of nodes (pkg/registry/core/node/strategy).
enum NodePreparation: KindPreparation {
  /// Who joins tells of its status at once.
  static let keepsStatus = true

  static func create(_ node: inout JSONValue) {
    node.edit("spec") { $0.editObject { _ = $0.remove("configSource") } }
    node.edit("status") { $0.editObject { _ = $0.remove("config") } }
  }

  /// Configuration that is given by way of the API is no more, but for nodes that have it still.
  static func update(_ node: inout JSONValue, old: JSONValue, subresource: String) {
    if old["spec"]?.has("configSource") != true {
      node.edit("spec") { $0.editObject { _ = $0.remove("configSource") } }
    }
    if old["status"]?.has("config") != true {
      node.edit("status") { $0.editObject { _ = $0.remove("config") } }
    }
  }
}
