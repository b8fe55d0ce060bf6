import APIMachinery
import Addressing
import ClusterAPI

/// Which address families a service gets: what it asks for, what it had before, and what the cluster has
/// (Kubernetes, "IPv4/IPv6 dual-stack").
struct ServiceFamilies: Sendable {
  /// Those of the cluster, the usual one first.
  let configured: [String]

  private static let policyPath = FieldPath("spec", "ipFamilyPolicy")
  private static let familiesPath = FieldPath("spec", "ipFamilies")
  private static let addressesPath = FieldPath("spec", "clusterIPs")

  /// Fills in `ipFamilyPolicy` and `ipFamilies`.
  /// - Parameter old: the service as it was; nil for a new one.
  /// - Returns: what is wrong; then nothing may be given out.
  func fill(_ service: inout ServiceSpec, old: ServiceSpec?) -> [FieldError] {
    guard service.needsClusterIP, !Self.isSettled(service, old) else { return [] }
    let isOpen = service.clusterIP == ServiceSpec.none && !service.hasSelector
    if service.ipFamilyPolicy == nil {
      service.ipFamilyPolicy = old?.ipFamilyPolicy ?? (isOpen ? "RequireDualStack" : "SingleStack")
    }
    var errors = ServiceAddressValidation.errors(in: service)
    if !errors.isEmpty { return errors }
    let policy = service.ipFamilyPolicy ?? ""
    let shownPolicy = JSONValue.string(policy)
    if let old { errors += reduce(&service, old, shownPolicy) }
    if policy == "SingleStack" {
      let must = "must be 'RequireDualStack' or 'PreferDualStack' when multiple "
      if service.clusterIPs.count == 2 {
        errors.append(.invalid(Self.policyPath, shownPolicy, must + "cluster IPs are specified"))
      }
      if service.ipFamilies.count == 2 {
        errors.append(.invalid(Self.policyPath, shownPolicy, must + "IP families are specified"))
      }
    }
    errors += inferFromAddresses(&service)
    guard errors.isEmpty else { return errors }
    if isOpen {
      // Nobody knows what its endpoints will be: it may have both families anywhere.
      if service.ipFamilies.isEmpty { service.ipFamilies = [configured[0]] }
      if service.ipFamilies.count < 2, policy != "SingleStack" {
        service.ipFamilies.append(Self.other(service.ipFamilies[0]))
      }
      return []
    }
    if policy == "RequireDualStack", configured.count < 2 {
      errors.append(
        .invalid(Self.policyPath, shownPolicy, "this cluster is not configured for dual-stack services"))
    }
    for (index, family) in service.ipFamilies.enumerated() where !configured.contains(family) {
      errors.append(
        .invalid(Self.familiesPath.index(index), .string(family), "not configured on this cluster"))
    }
    guard errors.isEmpty else { return errors }
    if service.ipFamilies.isEmpty { service.ipFamilies = [configured[0]] }
    if policy != "SingleStack", service.ipFamilies.count == 1, configured.count == 2 {
      service.ipFamilies.append(Self.other(service.ipFamilies[0]))
    }
    return []
  }

  /// A service that prefers two families and is changed elsewhere stays what it is, even when the cluster has got or lost
  /// a family meanwhile.
  private static func isSettled(_ service: ServiceSpec, _ old: ServiceSpec?) -> Bool {
    guard let old, service.ipFamilyPolicy == "PreferDualStack", old.type == service.type,
      old.ipFamilyPolicy ?? "PreferDualStack" == "PreferDualStack"
    else { return false }
    return old.clusterIPs == service.clusterIPs && old.ipFamilies == service.ipFamilies
  }

  /// From two families to one: only who says `SingleStack` gives the second one back.
  private func reduce(_ service: inout ServiceSpec, _ old: ServiceSpec, _ policy: JSONValue) -> [FieldError] {
    if policy == "SingleStack" {
      if old.clusterIPs == service.clusterIPs { service.clusterIPs = Array(service.clusterIPs.prefix(1)) }
      if old.ipFamilies == service.ipFamilies { service.ipFamilies = Array(service.ipFamilies.prefix(1)) }
      return []
    }
    var errors: [FieldError] = []
    if !service.clusterIPs.isEmpty, service.clusterIPs.count < old.clusterIPs.count {
      errors.append(
        .invalid(Self.policyPath, policy, "must be 'SingleStack' to release the secondary cluster IP"))
    }
    if !service.ipFamilies.isEmpty, service.ipFamilies.count < old.ipFamilies.count {
      errors.append(
        .invalid(Self.policyPath, policy, "must be 'SingleStack' to release the secondary IP family"))
    }
    return errors
  }

  private func inferFromAddresses(_ service: inout ServiceSpec) -> [FieldError] {
    var errors: [FieldError] = []
    for (index, text) in service.clusterIPs.enumerated() where index >= service.ipFamilies.count {
      guard text != ServiceSpec.none, let address = IPAddress(text) else { break }
      let family = ServiceNetwork.name(of: address.family)
      if configured.contains(family) {
        service.ipFamilies.append(family)
      } else {
        errors.append(
          .invalid(
            Self.addressesPath.index(index), .array(service.clusterIPs.map { .string($0) }),
            "\(family) is not configured on this cluster"))
      }
    }
    return errors
  }

  private static func other(_ family: String) -> String { family == "IPv4" ? "IPv6" : "IPv4" }
}
