import Addressing
import NetworkModel

extension NamespacePlan {
  /// The kernel's settings for an endpoint's link.
  mutating func take(settingsOf endpoint: EndpointRecord) {
    sysctls += endpoint.settings.map {
      SysctlPlan($0.path.replacing("IFNAME", with: endpoint.interface), $0.value)
    }
  }

  /// Puts an endpoint's addresses on its link, in the sandbox.
  mutating func take(addressesOf endpoint: EndpointRecord) {
    let link = endpoint.interface
    if let address = endpoint.address { addresses.append(AddressPlan(link: link, address: .v4(address))) }
    if let address = endpoint.address6 { addresses.append(AddressPlan(link: link, address: .v6(address))) }
    addresses += endpoint.linkLocal.map { AddressPlan(link: link, address: IPCIDR(linkLocal: $0)) }
    guard endpoint.address6 != nil || endpoint.linkLocal.contains(where: { $0.family == .v6 }) else { return }
    // New links of a sandbox come without IPv6. Addresses are ours to give: nobody else needs to be asked for them.
    sysctls += [
      SysctlPlan("ipv6/conf/\(link)/accept_dad", "0", isOptional: true),
      SysctlPlan("ipv6/conf/\(link)/disable_ipv6", "0"),
      SysctlPlan("ipv6/conf/\(link)/accept_ra", "0", isOptional: true),
    ]
  }
}
