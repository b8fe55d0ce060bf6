import NetworkModel

extension NetworkController {
  /// The plan of a network with its endpoints, compared with the kernel.
  public func plan(of reference: String) async throws -> PlanReport {
    let services = try running()
    guard let network = network(reference) else {
      throw NetworkError(.notFound, "network \(reference) not found")
    }
    let driver = try driver(of: network)
    let members = endpoints(on: network.id)
    var own = driver.plan(network)
    own.segment = segmentPlan(of: network)
    let plans = members.map { endpoint in
      var plan = driver.plan(endpoint, on: network)
      plan.sandbox.routes += GatewayChoice.routes(among: memberships(of: endpoint.sandboxID)).filter {
        $0.link == endpoint.interface
      }
      return plan
    }
    let missing = Set(try services.firewall.missing(([own] + plans).map(\.firewall)))
    func rules(_ plan: ObjectPlan) -> [String] {
      plan.firewall.entries.filter { missing.contains($0) }.map { "no rule in the firewall: \($0.text)" }
    }
    let missingShortcuts = Set(try services.shortcuts.missing(plans.flatMap(\.firewall.loopbackShortcuts)))
    func shortcuts(_ plan: ObjectPlan) -> [LoopbackShortcut] {
      services.shortcuts.wanted(plan.firewall.loopbackShortcuts)
    }
    let host = try PlanComparison(in: configuration.hostNamespace)
    var objects = [
      PlanReport.Object(
        own, name: network.name,
        differences: try host.differences(own.host).map(\.text) + segmentDifferences(own, of: network) + rules(own))
    ]
    for (endpoint, plan) in zip(members, plans) {
      var differences =
        try host.differences(plan.host).map(\.text) + segmentDifferences(plan, of: network) + rules(plan)
        + shortcuts(plan).filter { missingShortcuts.contains($0) }.map { "no short cut: \($0.text)" }
      if driver.capabilities.hasLinks {
        if let namespace = try services.sandboxes.open(endpoint.sandboxID) {
          var inside = plan.sandbox
          inside.links = []
          differences += try PlanComparison(in: namespace).differences(inside, interfaces: plan.interfaces)
            .map { "in the sandbox: \($0.text)" }
        } else {
          differences.append("sandbox \(endpoint.sandboxID.prefix(12)) is gone")
        }
      }
      objects.append(
        PlanReport.Object(plan, name: endpoint.name, shortcuts: shortcuts(plan), differences: differences))
    }
    return PlanReport(network, objects: objects)
  }
}
