import APIMachinery

/// The addresses and address families of a service, which depend on each other.
public enum ServiceAddressValidation {
  private static let path = FieldPath("spec")
  private static var addressesPath: FieldPath { path.child("clusterIPs") }
  private static var familiesPath: FieldPath { path.child("ipFamilies") }
  private static var policyPath: FieldPath { path.child("ipFamilyPolicy") }

  /// What is wrong with `clusterIP`, `clusterIPs`, `ipFamilies` and `ipFamilyPolicy` taken together. It is asked before
  /// addresses are given out, too: what is wrong then would give misleading answers later.
  ///
  /// - Parameter old: addresses that the service has already, and may keep whatever they look like.
  public static func errors(in service: ServiceSpec, old: [String] = []) -> [FieldError] {
    guard service.needsClusterIP else { return [] }
    var findings = Findings()
    let addresses = service.clusterIPs
    let shown = list(addresses)
    if service.clusterIP.isEmpty {
      if !addresses.isEmpty {
        findings.invalid(addressesPath, shown, "must be empty when `clusterIP` is not specified")
      }
    } else if addresses.isEmpty {
      findings.required(addressesPath)
    } else if addresses[0] != service.clusterIP {
      findings.invalid(addressesPath, shown, "first value must match `clusterIP`")
    }
    var seen: Set<String> = []
    for (index, family) in service.ipFamilies.enumerated() {
      let path = familiesPath.index(index)
      if family != "IPv4", family != "IPv6" { findings.add(.notSupported(path, .string(family), ["IPv4", "IPv6"])) }
      if !seen.insert(family).inserted { findings.add(.duplicate(path, .string(family))) }
    }
    if let policy = service.ipFamilyPolicy {
      let known = ["PreferDualStack", "RequireDualStack", "SingleStack"]
      if !known.contains(policy) { findings.add(.notSupported(policyPath, .string(policy), known)) }
    }
    var isSound = true
    for (index, address) in addresses.enumerated() {
      if index == 0, address == ServiceSpec.none {
        if addresses.count > 1 {
          isSound = false
          findings.invalid(addressesPath, shown, "'None' must be the first and only value")
        }
      } else {
        let count = findings.errors.count
        AddressRules.address(address, old: Set(old), addressesPath.index(index), &findings)
        isSound = isSound && findings.errors.count == count
      }
    }
    if addresses.count > 2 { findings.invalid(addressesPath, shown, "may only hold up to 2 values") }
    guard isSound else { return findings.errors }
    if addresses.count > 1 {
      let families = AddressFamilies.areBoth(addresses: addresses)
      if let problem = families.problem {
        findings.add(.internal(addressesPath, "failed to check for dual stack with error:\(problem)"))
      }
      if !families.areBoth {
        findings.invalid(addressesPath, shown, "may specify no more than one IP for each IP family")
      }
    }
    guard !service.isHeadless else { return findings.errors }
    for (index, (address, family)) in zip(addresses, service.ipFamilies).enumerated()
    where family == "IPv4" && AddressFamilies.family(ofAddress: address) == 6
      || family == "IPv6" && AddressFamilies.family(ofAddress: address) != 6
    {
      findings.invalid(
        addressesPath.index(index), .string(address),
        "expected an \(family) value as indicated by `ipFamilies[\(index)]`")
    }
    return findings.errors
  }

  /// What may not change of the addresses of a service that has some.
  static func update(_ new: ServiceSpec, _ old: ServiceSpec, _ findings: inout Findings) {
    guard new.needsClusterIP, old.needsClusterIP, !(new.isHeadless && old.isHeadless) else { return }
    addresses(new, old, &findings)
    guard new.isHeadless == old.isHeadless else { return }
    families(new, old, &findings)
  }

  private static func addresses(_ new: ServiceSpec, _ old: ServiceSpec, _ findings: inout Findings) {
    let (now, before) = (new.clusterIPs, old.clusterIPs)
    let shown = list(now)
    if now.count == before.count {
      for index in now.indices where now[index] != before[index] {
        findings.invalid(addressesPath.index(index), shown, "may not change once set")
      }
      return
    }
    if now.isEmpty { findings.invalid(addressesPath.index(0), shown, "primary clusterIP can not be unset") }
    if let first = now.first, let known = before.first, first != known {
      findings.invalid(addressesPath.index(0), shown, "may not change once set")
    }
    if now.count == 1, before.count > 1, new.ipFamilyPolicy != "SingleStack" {
      findings.invalid(
        policyPath, new.ipFamilyPolicy.map { .string($0) } ?? .null,
        "must be set to 'SingleStack' when releasing the secondary clusterIP")
    }
  }

  private static func families(_ new: ServiceSpec, _ old: ServiceSpec, _ findings: inout Findings) {
    guard !new.isHeadless else { return }
    let (now, before) = (new.ipFamilies, old.ipFamilies)
    let shown = list(now)
    if now.count == before.count {
      for index in now.indices where now[index] != before[index] {
        findings.invalid(familiesPath.index(0), shown, "may not change once set")
      }
      return
    }
    if now.isEmpty { findings.invalid(familiesPath.index(0), shown, "primary ipFamily can not be unset") }
    if let first = now.first, let known = before.first, first != known {
      findings.invalid(familiesPath.index(0), shown, "may not change once set")
    }
    if now.count == 1, before.count > 1, new.ipFamilyPolicy != "SingleStack" {
      findings.invalid(
        policyPath, new.ipFamilyPolicy.map { .string($0) } ?? .null,
        "must be set to 'SingleStack' when releasing the secondary ipFamily")
    }
  }

  /// What services that have no addresses must not say.
  static func externalName(_ service: ServiceSpec, _ findings: inout Findings) {
    let why = "may not be set for ExternalName services"
    if !service.clusterIPs.isEmpty || !service.clusterIP.isEmpty { findings.forbidden(addressesPath, why) }
    if !service.ipFamilies.isEmpty { findings.forbidden(familiesPath, why) }
    if service.ipFamilyPolicy != nil { findings.forbidden(policyPath, why) }
  }

  private static func list(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
}
