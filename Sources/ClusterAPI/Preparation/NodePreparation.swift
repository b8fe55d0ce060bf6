import APIMachinery

/// What becomes of nodes (pkg/registry/core/node/strategy).
enum NodePreparation: KindPreparation {
  /// Who joins tells of its status at once.
  static let keepsStatus = true

  static func create(_ node: inout JSONValue) {
    node.edit("spec") { $0.editObject { _ = $0.remove("configSource") } }
    node.edit("status") { $0.editObject { _ = $0.remove("config") } }
    completeRanges(&node)
  }

  /// Configuration that is given by way of the API is no more, but for nodes that have it still.
  static func update(_ node: inout JSONValue, old: JSONValue, subresource: String) {
    if old["spec"]?.has("configSource") != true {
      node.edit("spec") { $0.editObject { _ = $0.remove("configSource") } }
    }
    if old["status"]?.has("config") != true {
      node.edit("status") { $0.editObject { _ = $0.remove("config") } }
    }
    completeRanges(&node)
  }

  /// A node's ranges of pod addresses: the first one stands in a field of its own too, from the time when there was only one.
  private static func completeRanges(_ node: inout JSONValue) {
    node.edit("spec") { spec in
      let one = spec.text("podCIDR")
      let first = spec.items("podCIDRs").first
      guard first?.stringValue != one || one.isEmpty else { return }
      spec.editObject { members in
        // As upstream converts: the old field counts where both are there and differ.
        if !one.isEmpty { members["podCIDRs"] = [.string(one)] } else if let first { members["podCIDR"] = first }
      }
    }
  }
}
