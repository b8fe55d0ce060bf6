import Addressing
import NetworkModel

extension NetworkController {
  /// What an overlay network's namespace on this host shall hold beside its endpoints; nothing where the host has none.
  func segmentPlan(of network: NetworkRecord) -> NamespacePlan {
    guard overlay.segments[network.id] != nil, let cluster = overlay.cluster, let vtep = cluster.vtep,
      let mtu = endpoints(on: network.id).first?.mtu
    else { return NamespacePlan() }
    var plan = OverlayDriver(instance: configuration.instance).segment(network, vtep: vtep, mtu: mtu)
    (plan.neighbours, plan.forwarding) = tables(of: network.id, cluster).plan(link: OverlayDriver.tunnelName)
    return plan
  }

  /// What of a plan an overlay network's namespace does not hold.
  func segmentDifferences(_ plan: ObjectPlan, of network: NetworkRecord) throws -> [String] {
    guard plan.segment != NamespacePlan() else { return [] }
    guard let namespace = try overlay.directory?.open(network.id) else { return ["the segment is gone"] }
    return try PlanComparison(in: namespace).differences(plan.segment).map { "in the segment: \($0.text)" }
  }

  /// Whom the cluster knows on other hosts.
  func tables(of network: String, _ cluster: ClusterLink) -> OverlayTables {
    OverlayTables(overlay.mirror.endpoints[network] ?? [:], host: cluster.host, locals: endpoints(on: network))
  }
}
