import APIMachinery

/// A node's ranges of pod addresses: the first one stands in a field of its own too, from the time when there was only one.
enum NodePreparation: KindPreparation {
  /// Who joins tells of its status at once.
  static let keepsStatus = true

  static func create(_ node: inout JSONValue) { complete(&node) }

  static func update(_ node: inout JSONValue, old: JSONValue, subresource: String) { complete(&node) }

  private static func complete(_ node: inout JSONValue) {
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
