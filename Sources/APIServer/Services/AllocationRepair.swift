import APIMachinery
import Addressing
import ClusterAPI
import KeyValueStore

/// Makes what services have and what is claimed for them agree again. The server itself never lets the two part; somebody
/// who removes an IPAddress, restores a store or writes to it by another tool may.
struct AllocationRepair: Sendable {
  let registry: Registry
  let report: @Sendable (String) -> Void
  private var store: ClusterStore { registry.store }

  /// Works until the task is cancelled.
  func run() async {
    guard
      let addresses = registry.catalog.snapshot.resource(
        GroupVersion(group: "networking.k8s.io", version: "v1"), "ipaddresses")
    else { return }
    await ObjectVigil(registry: registry, report: report).keep(
      "the addresses of services", [addresses],
      // What was made or changed by a write of a service is right already; so is what goes with one.
      { isWrong($0) }
    ) { try await repair() }
  }

  private func isWrong(_ address: CachedObject) -> Bool {
    guard let owner = ServiceClaim.owner(of: address) else { return false }
    let isClaimed = ServiceClaim.find(address.key, store).flatMap { ServiceClaim.owner(of: $0) } == owner
    return isClaimed != (service(owner)?.spec.addresses.map(ServiceAllocator.canonical).contains(address.name) ?? false)
  }

  private func service(_ owner: ServiceClaim.Owner) -> (object: CachedObject, spec: ServiceSpec)? {
    let prefix = "\(StorageLayout.root)services/specs/"
    return store.cache(of: prefix).get("\(prefix)\(owner.namespace)/\(owner.name)").map {
      ($0, ServiceSpec($0.object.value(at: "spec")))
    }
  }

  /// Looks at everything once.
  func repair() async throws {
    let prefix = "\(StorageLayout.root)services/specs/"
    var wanted: [String: ServiceClaim.Owner] = [:]
    for object in store.cache(of: prefix).list(prefix).objects {
      let (owner, spec) = (
        ServiceClaim.Owner(namespace: object.namespace, name: object.name),
        ServiceSpec(object.object.value(at: "spec"))
      )
      for text in spec.addresses {
        guard let address = IPAddress(text) else { continue }
        let key = ServiceClaim.addressKey(address.description)
        guard note(key, owner, &wanted) else { continue }
        try await claim(key, object, owner) { ServiceClaim.address(address, owner) }
      }
      for port in spec.nodePorts {
        let key = ServiceClaim.nodePortKey(port)
        guard note(key, owner, &wanted) else { continue }
        try await claim(key, object, owner) { ServiceClaim.nodePort(port, owner) }
      }
    }
    for prefix in [ServiceClaim.addressesPrefix, ServiceClaim.claimsPrefix] {
      for claim in store.cache(of: prefix).list(prefix).objects where wanted[claim.key] == nil {
        // Addresses that others have given out are theirs.
        guard let owner = ServiceClaim.owner(of: claim),
          prefix == ServiceClaim.claimsPrefix
            || claim.object.header.labels[ServiceClaim.managerLabel] == ServiceClaim.manager
        else { continue }
        try await remove(claim, owner)
      }
    }
  }

  private func note(
    _ key: String, _ owner: ServiceClaim.Owner, _ wanted: inout [String: ServiceClaim.Owner]
  ) -> Bool {
    if let other = wanted[key] {
      report(
        "the services \(other.namespace)/\(other.name) and \(owner.namespace)/\(owner.name) have the same \(key): make one of them anew"
      )
      return false
    }
    wanted[key] = owner
    return true
  }

  private func claim(
    _ key: String, _ service: CachedObject, _ owner: ServiceClaim.Owner, _ object: () -> JSONObject
  ) async throws {
    let present = ServiceClaim.find(key, store)
    guard present.flatMap({ ServiceClaim.owner(of: $0) }) != owner else { return }
    try await commit(
      .put(key: key, value: CachedObject.stored(object()).bytes),
      [
        .modRevision(key: key, equals: present?.revision ?? 0),
        .modRevision(key: service.key, equals: service.revision),
      ])
    report("the service \(owner.namespace)/\(owner.name) has \(key), which was not claimed for it: repaired")
  }

  private func remove(_ claim: CachedObject, _ owner: ServiceClaim.Owner) async throws {
    let service = service(owner)
    // It may have been made since the services were looked at.
    if let service, Self.keys(of: service.spec).contains(claim.key) { return }
    let key = "\(StorageLayout.root)services/specs/\(owner.namespace)/\(owner.name)"
    try await commit(
      .delete(key: claim.key),
      [
        .modRevision(key: claim.key, equals: claim.revision),
        .modRevision(key: key, equals: service?.object.revision ?? 0),
      ])
    report("\(claim.key) was claimed for \(owner.namespace)/\(owner.name), which does not have it: freed")
  }

  private static func keys(of service: ServiceSpec) -> [String] {
    service.addresses.map { ServiceClaim.addressKey(ServiceAllocator.canonical($0)) }
      + service.nodePorts.map { ServiceClaim.nodePortKey($0) }
  }

  private func commit(_ mutation: Mutation, _ preconditions: [Precondition]) async throws {
    do { _ = try await store.commit([mutation], where: preconditions) } catch let error as StoreError
      where error.code == .conflict
    {
      // Somebody is at it: what they make of it is looked at again.
      try await store.settle()
      throw StatusError.conflict(ServiceAllocator.services, mutation.key)
    }
  }
}
