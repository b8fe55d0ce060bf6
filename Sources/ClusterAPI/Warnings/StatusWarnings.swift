import APIMachinery

/// What those are told who write a status: of addresses that are not as the standards write them.
enum StatusWarnings {
  static let functions: [String: [String: Warnings.Function]] = [
    "": [
      "Pod": { new, _, warnings in
        for list in ["podIPs", "hostIPs"] {
          for (index, address) in (new["status"]?.items(list) ?? []).enumerated() {
            AddressWarnings.address(
              address.text("ip"), FieldPath("status", list).index(index).child("ip"), &warnings)
          }
        }
      },
      "Service": { new, _, warnings in
        for (index, ingress) in (new["status"]?["loadBalancer"]?.items("ingress") ?? []).enumerated() {
          // The place is upstream's.
          AddressWarnings.address(
            ingress.text("ip"), FieldPath("status", "loadBalancer", "ingress").index(index), &warnings)
        }
      },
    ]
  ]
}
