import APIMachinery
import Addressing
import ClusterAPI
import Synchronization

/// Gives services their cluster IPs and node ports.
///
/// What is given out is an object in the store: an IPAddress for each cluster IP, as upstream has since 1.33, and a claim of
/// the same form for each node port. It is put there, under the condition that nobody has it, in the transaction that
/// writes the service, and removed in the one that changes or removes the service. So nothing is ever given out twice,
/// by this server or by another one on the same store, and nothing is lost when a server dies at any instant.
public final class ServiceAllocator: Sendable {
  static let services = GroupResource(group: "", resource: "services")

  let network: ServiceNetwork
  let store: ClusterStore
  let families: ServiceFamilies
  let nodePorts: NodePortRange
  /// Keys of what writes under way take. They are seen here by others before they are in the store.
  private let reserved = Mutex<Set<String>>([])

  public init(_ network: ServiceNetwork, store: ClusterStore) {
    self.network = network
    self.store = store
    families = ServiceFamilies(configured: network.families)
    nodePorts = NodePortRange(network.nodePorts)
  }

  /// Fills in what a service gets, and reserves it.
  /// - Parameters:
  ///   - service: complete but for what is given out.
  ///   - old: as it was; nil for a new one.
  /// - Returns: what belongs into the write's transaction; to be ended after it, whatever has become of it.
  /// - Throws: 422 where what is asked for cannot be had, 500 where nothing is left.
  func begin(_ service: inout JSONObject, old: JSONObject?, isDryRun: Bool) throws(StatusError) -> ServiceAllocation {
    let before = ServiceSpec(service["spec"])
    let previous = old.map { ServiceSpec($0["spec"]) }
    let owner = ServiceClaim.Owner(service)
    var spec = before
    let errors = families.fill(&spec, old: previous)
    guard errors.isEmpty else { throw Self.invalid(owner, errors) }
    var allocation = ServiceAllocation(self, isDryRun: isDryRun)
    do throws(StatusError) {
      try giveAddresses(&spec, previous, owner, &allocation)
      try giveNodePorts(&spec, previous, owner, &allocation)
    } catch {
      allocation.end()
      throw error
    }
    if let previous {
      let (addresses, ports) = (Set(spec.addresses.map(Self.canonical)), Set(spec.nodePorts))
      for text in previous.addresses.map(Self.canonical) where !addresses.contains(text) {
        release(ServiceClaim.addressKey(text), owner, &allocation)
      }
      for port in previous.nodePorts where !ports.contains(port) {
        release(ServiceClaim.nodePortKey(port), owner, &allocation)
      }
    }
    if spec != before {
      var members = service["spec"]?.objectValue ?? [:]
      spec.write(to: &members, before: before)
      service["spec"] = .object(members)
    }
    return allocation
  }

  /// What goes together with a service: what it was given, and its Endpoints.
  func end(_ service: CachedObject) -> ServiceAllocation {
    let tree = service.object.tree()
    let (spec, owner) = (ServiceSpec(tree["spec"]), ServiceClaim.Owner(tree))
    var allocation = ServiceAllocation(self, isDryRun: false)
    for address in spec.addresses { release(ServiceClaim.addressKey(Self.canonical(address)), owner, &allocation) }
    for port in spec.nodePorts { release(ServiceClaim.nodePortKey(port), owner, &allocation) }
    let prefix = "\(StorageLayout.root)services/endpoints/"
    if let endpoints = store.cache(of: prefix).get("\(prefix)\(owner.namespace)/\(owner.name)") {
      allocation.remove(endpoints)
    }
    return allocation
  }

  private func release(_ key: String, _ owner: ServiceClaim.Owner, _ allocation: inout ServiceAllocation) {
    guard let claim = ServiceClaim.find(key, store), ServiceClaim.owner(of: claim) == owner else { return }
    allocation.give(claim)
  }

  // MARK: - What is free

  /// Takes a key for a write that is about to happen.
  /// - Returns: false where somebody has it.
  func reserve(_ key: String, isDryRun: Bool) -> Bool {
    reserved.withLock { reserved in
      guard !reserved.contains(key), ServiceClaim.find(key, store) == nil else { return false }
      if !isDryRun { reserved.insert(key) }
      return true
    }
  }

  func unreserve(_ keys: [String]) {
    guard !keys.isEmpty else { return }
    reserved.withLock { $0.subtract(keys) }
  }

  static func invalid(_ owner: ServiceClaim.Owner, _ errors: [FieldError]) -> StatusError {
    .invalid(GroupKind(group: "", kind: "Service"), owner.name, errors)
  }

  /// The one form of an address that names its IPAddress (RFC 5952).
  static func canonical(_ text: String) -> String { IPAddress(text)?.description ?? text }
}
