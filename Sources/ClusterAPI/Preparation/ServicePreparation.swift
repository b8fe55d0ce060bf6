import APIMachinery

/// What becomes of a service's linked fields before it is validated (upstream's `pkg/registry/core/service`): clients send
/// what they know, and may leave out what was given to the service or what no longer applies to it.
enum ServicePreparation: KindPreparation {
  static func create(_ service: inout JSONValue) {
    service.editObject { $0["status"] = ["loadBalancer": [:]] }
    edit(&service) { new in
      if !new.clusterIP.isEmpty, new.clusterIPs.isEmpty { new.clusterIPs = [new.clusterIP] }
    }
    dropInternalPolicy(&service)
  }

  static func update(_ service: inout JSONValue, old: JSONValue, subresource: String) {
    guard subresource.isEmpty else { return }
    let before = ServiceSpec(old["spec"])
    edit(&service) { new in
      keepGiven(&new, before)
      link(&new, before)
      dropUnneeded(&new, before)
      trimOnDowngrade(&new, before)
    }
    // What balanced its load is done with; what else is told of it stays.
    if service["spec"]?["type"]?.stringValue != "LoadBalancer", service.has("status") {
      service.edit("status") { status in status.editObject { $0["loadBalancer"] = [:] } }
    }
    dropInternalPolicy(&service)
  }

  /// No name outside the cluster has traffic inside of it: a policy for that is not kept. What is none is left to validation.
  private static func dropInternalPolicy(_ service: inout JSONValue) {
    guard service["spec"]?["type"]?.stringValue == "ExternalName",
      let policy = service["spec"]?["internalTrafficPolicy"]?.stringValue, policy == "Cluster" || policy == "Local"
    else { return }
    service.edit("spec") { spec in spec.editObject { $0["internalTrafficPolicy"] = nil } }
  }

  private static func edit(_ service: inout JSONValue, _ change: (inout ServiceSpec) -> Void) {
    service.edit("spec") { spec in
      let before = ServiceSpec(spec)
      var after = before
      change(&after)
      spec.editObject { after.write(to: &$0, before: before) }
    }
  }

  /// What was given to the service, and is not said now.
  private static func keepGiven(_ new: inout ServiceSpec, _ old: ServiceSpec) {
    if new.needsClusterIP, old.needsClusterIP {
      if new.clusterIP.isEmpty { new.clusterIP = old.clusterIP }
      if new.clusterIPs.isEmpty, new.clusterIP == old.clusterIP { new.clusterIPs = old.clusterIPs }
    }
    if new.needsNodePorts, old.needsNodePorts {
      let used = Set(old.ports.map(\.nodePort)).intersection(new.ports.map(\.nodePort))
      var known: [String: Int64] = [:]
      for port in old.ports { known[port.name] = port.nodePort }
      for index in new.ports.indices where new.ports[index].nodePort == 0 {
        guard let number = known[new.ports[index].name], !used.contains(number) else { continue }
        new.ports[index].nodePort = number
      }
    }
    if new.needsHealthCheckNodePort, old.needsHealthCheckNodePort, new.healthCheckNodePort == 0 {
      new.healthCheckNodePort = old.healthCheckNodePort
    }
  }

  /// The one address and the list of addresses say the same where a client has changed only the one.
  private static func link(_ new: inout ServiceSpec, _ old: ServiceSpec) {
    if !old.clusterIPs.isEmpty, new.clusterIPs.isEmpty, old.clusterIP == new.clusterIP {
      new.clusterIPs = old.clusterIPs
    }
    guard old.clusterIP != new.clusterIP else { return }
    if old.clusterIP.isEmpty == false, new.clusterIP.isEmpty {
      if old.clusterIPs == new.clusterIPs { new.clusterIPs = [] }
    } else if old.clusterIPs == new.clusterIPs {
      new.clusterIPs = [new.clusterIP]
    }
  }

  /// What the service's new type has no use for, where the client has not changed it too.
  private static func dropUnneeded(_ new: inout ServiceSpec, _ old: ServiceSpec) {
    if old.needsClusterIP, !new.needsClusterIP {
      if new.hasSameClusterIPs(as: old) {
        new.clusterIP = ""
        new.clusterIPs = []
      }
      if new.ipFamilies == old.ipFamilies { new.ipFamilies = [] }
      if new.ipFamilyPolicy == old.ipFamilyPolicy { new.ipFamilyPolicy = nil }
    }
    if old.needsNodePorts, !new.needsNodePorts,
      Set(old.ports.map(\.nodePort)).union([0]).isSuperset(of: new.ports.map(\.nodePort))
    {
      for index in new.ports.indices { new.ports[index].nodePort = 0 }
    }
    if old.needsHealthCheckNodePort, !new.needsHealthCheckNodePort,
      old.healthCheckNodePort == new.healthCheckNodePort
    {
      new.healthCheckNodePort = 0
    }
    if old.type == "LoadBalancer", new.type != "LoadBalancer" {
      if old.allocateLoadBalancerNodePorts == new.allocateLoadBalancerNodePorts {
        new.allocateLoadBalancerNodePorts = nil
      }
      if old.loadBalancerClass == new.loadBalancerClass { new.loadBalancerClass = nil }
    }
    if old.isExternallyAccessible, !new.isExternallyAccessible,
      old.externalTrafficPolicy == new.externalTrafficPolicy
    {
      new.externalTrafficPolicy = ""
    }
  }

  /// Whoever says `SingleStack` and nothing else gives the second address back.
  private static func trimOnDowngrade(_ new: inout ServiceSpec, _ old: ServiceSpec) {
    guard old.needsClusterIP, new.needsClusterIP, let policy = old.ipFamilyPolicy, policy != "SingleStack",
      new.ipFamilyPolicy == "SingleStack"
    else { return }
    if old.clusterIPs == new.clusterIPs { new.clusterIPs = Array(new.clusterIPs.prefix(1)) }
    if old.ipFamilies == new.ipFamilies { new.ipFamilies = Array(new.ipFamilies.prefix(1)) }
  }
}
