import APIMachinery

/// Warnings about addresses and ranges that are taken, and are not in the form that is best.
enum NetworkWarnings {
  /// Those who write what their own objects say, and mend it.
  private static let controllers = [
    "endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io",
  ]

  static func policy(_ policy: JSONValue, _ warnings: inout Warnings) {
    for (block, path) in NetworkingValidation.blocks(of: policy) {
      AddressWarnings.range(block.text("cidr"), path.child("cidr"), &warnings)
      for (index, except) in block.items("except").enumerated() {
        AddressWarnings.range(except.stringValue ?? "", path.child("except").index(index), &warnings)
      }
    }
  }

  static func endpoints(_ endpoints: JSONValue, _ warnings: inout Warnings) {
    let manager = endpoints["metadata"]?["labels"]?.text("endpoints.kubernetes.io/managed-by") ?? ""
    guard manager != "endpoint-controller" else { return }
    for (index, subset) in endpoints.items("subsets").enumerated() {
      for list in ["addresses", "notReadyAddresses"] {
        let path = FieldPath("subsets").index(index).child(list)
        for (position, address) in subset.items(list).enumerated() {
          AddressWarnings.address(address.text("ip"), path.index(position).child("ip"), &warnings)
        }
      }
    }
  }

  static func slice(_ slice: JSONValue, _ warnings: inout Warnings) {
    if slice.text("addressType") == "FQDN" {
      warnings.add(FieldPath("spec", "addressType"), "FQDN endpoints are deprecated")
    }
    let manager = slice["metadata"]?["labels"]?.text("endpointslice.kubernetes.io/managed-by") ?? ""
    guard !controllers.contains(manager) else { return }
    for (index, endpoint) in slice.items("endpoints").enumerated() {
      let path = FieldPath("endpoints").index(index).child("addresses")
      for (position, address) in endpoint.items("addresses").enumerated() {
        AddressWarnings.address(address.stringValue ?? "", path.index(position), &warnings)
      }
    }
  }
}
