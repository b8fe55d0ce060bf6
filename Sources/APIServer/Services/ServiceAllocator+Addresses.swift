import APIMachinery
import Addressing
import ClusterAPI

extension ServiceAllocator {
  /// Gives a service the addresses that it lacks, one for each of its families.
  func giveAddresses(
    _ service: inout ServiceSpec, _ old: ServiceSpec?, _ owner: ServiceClaim.Owner,
    _ allocation: inout ServiceAllocation
  ) throws(StatusError) {
    guard service.needsClusterIP, !service.isHeadless else { return }
    let known = Set(old?.addresses ?? [])
    for (index, family) in service.ipFamilies.enumerated() {
      if index >= service.clusterIPs.count { service.clusterIPs.append("") }
      let text = service.clusterIPs[index]
      if text.isEmpty {
        let address = try next(family, owner, &allocation)
        service.clusterIPs[index] = address.description
      } else if !known.contains(text) {
        try claim(text, service, owner, &allocation)
      }
      if index == 0 { service.clusterIP = service.clusterIPs[0] }
    }
  }

  private func next(
    _ family: String, _ owner: ServiceClaim.Owner, _ allocation: inout ServiceAllocation
  ) throws(StatusError) -> IPAddress {
    var generator = SystemRandomNumberGenerator()
    let isDryRun = allocation.isDryRun
    for (range, object) in ranges where ServiceNetwork.name(of: range.cidr.family) == family {
      let found = range.pick(using: &generator) { address in
        reserve(ServiceClaim.addressKey(address.description), isDryRun: isDryRun)
      }
      guard let found else { continue }
      // A range that begins to go meanwhile gives nothing more.
      allocation.require(object)
      allocation.take(
        ServiceClaim.addressKey(found.description), ServiceClaim.address(found, owner))
      return found
    }
    throw .internalError("failed to allocate a serviceIP: range is full")
  }

  private func claim(
    _ text: String, _ service: ServiceSpec, _ owner: ServiceClaim.Owner, _ allocation: inout ServiceAllocation
  ) throws(StatusError) {
    func refused(_ why: String) -> StatusError {
      Self.invalid(
        owner,
        [
          .invalid(
            FieldPath("spec", "clusterIPs"), .array(service.clusterIPs.map { .string($0) }),
            "failed to allocate IP \(text): \(why)")
        ])
    }
    guard let address = IPAddress(text), let (_, object) = ranges.first(where: { $0.range.contains(address) }) else {
      throw refused("the provided network does not match the current range")
    }
    let key = ServiceClaim.addressKey(address.description)
    guard reserve(key, isDryRun: allocation.isDryRun) else { throw refused("provided IP is already allocated") }
    allocation.require(object)
    allocation.take(key, ServiceClaim.address(address, owner))
  }

  /// The ranges that can be used now: those of every ServiceCIDR that is ready and stays.
  private var ranges: [(range: ClusterIPRange, object: CachedObject)] {
    store.cache(of: ServiceClaim.rangesPrefix).list(ServiceClaim.rangesPrefix).objects.flatMap {
      object -> [(range: ClusterIPRange, object: CachedObject)] in
      guard !object.object.header.isBeingDeleted, !Self.isUnready(object) else { return [] }
      let texts = object.object.value(at: ["spec", "cidrs"])?.arrayValue ?? []
      return texts.compactMap { text in
        text.stringValue.flatMap { IPCIDR($0) }.flatMap { ClusterIPRange($0.network) }.map { ($0, object) }
      }
    }
  }

  private static func isUnready(_ range: CachedObject) -> Bool {
    (range.object.value(at: ["status", "conditions"])?.arrayValue ?? []).contains {
      $0["type"] == "Ready" && $0["status"] != "True"
    }
  }
}
