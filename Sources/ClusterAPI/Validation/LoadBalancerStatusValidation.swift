import APIMachinery

/// What a load balancer tells of itself, in the status of a service or of an ingress.
enum LoadBalancerStatusValidation {
  /// - Parameter isService: services say besides how packets come in.
  static func validate(_ object: JSONValue, _ old: JSONValue, isService: Bool, _ findings: inout Findings) {
    let path = FieldPath("status", "loadBalancer", "ingress")
    let list = object["status"]?["loadBalancer"]?.items("ingress") ?? []
    if isService, !list.isEmpty, object.text("spec", "type") != "LoadBalancer" {
      return findings.forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")
    }
    let known = Set((old["status"]?["loadBalancer"]?.items("ingress") ?? []).map { $0.text("ip") })
    for (index, ingress) in list.enumerated() {
      let path = path.index(index)
      let (address, name) = (ingress.text("ip"), ingress.text("hostname"))
      if !address.isEmpty { AddressRules.address(address, old: known, path.child("ip"), &findings) }
      if isService {
        if !address.isEmpty, !ingress.has("ipMode") {
          findings.required(path.child("ipMode"), "must be specified when `ip` is set")
        } else if address.isEmpty, ingress.has("ipMode") {
          findings.forbidden(path.child("ipMode"), "may not be specified when `ip` is not set")
        } else {
          findings.supported(ingress, "ipMode", ["Proxy", "VIP"], path)
        }
      }
      guard !name.isEmpty else { continue }
      findings.invalid(path.child("hostname"), .string(name), NameRules.dns1123Subdomain(name))
      if AddressRules.bytes(name) != nil {
        findings.invalid(path.child("hostname"), .string(name), "must be a DNS name, not an IP address")
      }
    }
  }
}
