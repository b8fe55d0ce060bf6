import APIMachinery

/// Warnings about services.
enum ServiceWarnings {
  static func service(_ service: JSONValue, _ warnings: inout Warnings) {
    guard let spec = service["spec"] else { return }
    let old = "service.kubernetes.io/topology-aware-hints"
    if service["metadata"]?["annotations"]?.has(old) == true {
      warnings.add("annotation \(old) is deprecated, please use service.kubernetes.io/topology-mode instead")
    }
    let clusterIPs = FieldPath("spec", "clusterIPs")
    if !["", "None"].contains(spec.text("clusterIP")) {
      for (index, address) in spec.items("clusterIPs").enumerated() {
        AddressWarnings.address(address.stringValue ?? "", clusterIPs.index(index), &warnings)
      }
    }
    let type = spec.text("type")
    let isHeadless = type == "ClusterIP" && spec.text("clusterIP") == "None"
    let hasAddresses = !spec.items("externalIPs").isEmpty
    if isHeadless {
      if !spec.text("loadBalancerIP").isEmpty { warnings.add("spec.loadBalancerIP is ignored for headless services") }
      if hasAddresses { warnings.add("spec.externalIPs is ignored for headless services") }
      if spec.text("sessionAffinity") != "None" {
        warnings.add("spec.SessionAffinity is ignored for headless services")
      }
    } else if hasAddresses, type != "ExternalName" {
      warnings.add("spec.externalIPs is deprecated and may no longer be implemented in some clusters")
    }
    for (index, address) in spec.items("externalIPs").enumerated() {
      AddressWarnings.address(address.stringValue ?? "", FieldPath("spec", "externalIPs").index(index), &warnings)
    }
    let balancer = spec.text("loadBalancerIP")
    if !balancer.isEmpty { AddressWarnings.address(balancer, FieldPath("spec", "loadBalancerIP"), &warnings) }
    for (index, range) in spec.items("loadBalancerSourceRanges").enumerated() {
      AddressWarnings.range(
        range.stringValue ?? "", FieldPath("spec", "loadBalancerSourceRanges").index(index), &warnings)
    }
    if type == "ExternalName" {
      if hasAddresses { warnings.add(#"spec.externalIPs is ignored when spec.type is "ExternalName""#) }
    } else if !spec.text("externalName").isEmpty {
      warnings.add(#"spec.externalName is ignored when spec.type is not "ExternalName""#)
    }
    if spec.text("trafficDistribution") == "PreferClose" {
      warnings.add(#"spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone""#)
    }
  }
}
