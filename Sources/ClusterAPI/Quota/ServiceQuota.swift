import APIMachinery

/// Services count as such, and with the load balancers and the ports of nodes that they take.
struct ServiceQuota: QuotaEvaluator {
  private static let names: Set<String> = [
    "count/services", "services", "services.nodeports", "services.loadbalancers",
  ]

  func matching(_ names: [String]) -> [String] { names.filter(Self.names.contains) }

  func usage(of service: JSONObject, now: Timestamp) -> ResourceAmounts {
    let spec = service["spec"] ?? [:]
    let ports = spec.items("ports")
    let type = spec.text("type")
    // Ports of nodes are given out after this, so what is meant counts and not what is there.
    var nodePorts = 0
    if type == "NodePort" || type == "LoadBalancer" {
      let isLeftOut = type == "LoadBalancer" && spec["allocateLoadBalancerNodePorts"] == false
      nodePorts = isLeftOut ? ports.count { ($0["nodePort"]?.integerValue ?? 0) != 0 } : ports.count
    }
    return [
      "count/services": Quantity(1), "services": Quantity(1), "services.nodeports": Quantity(Int64(nodePorts)),
      "services.loadbalancers": Quantity(type == "LoadBalancer" ? 1 : 0),
    ]
  }

  func countsUpdate(_ subresource: String, new: JSONObject, old: JSONObject) -> Bool { subresource.isEmpty }

  func replenishes(new: StoredObject, old: StoredObject) -> Bool { new.value(at: "spec") != old.value(at: "spec") }
}
