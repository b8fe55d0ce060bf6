import APIMachinery
import KeyValueStore

/// What one write of a service takes and gives back: it happens in the same transaction as the write, or not at all.
struct ServiceAllocation: Sendable {
  private(set) var mutations: [Mutation] = []
  private(set) var preconditions: [Precondition] = []
  private var reserved: [String] = []
  private let allocator: ServiceAllocator
  let isDryRun: Bool

  init(_ allocator: ServiceAllocator, isDryRun: Bool) {
    self.allocator = allocator
    self.isDryRun = isDryRun
  }

  /// Takes what was reserved. The store decides whether another server has taken it meanwhile.
  mutating func take(_ key: String, _ object: JSONObject) {
    reserved.append(key)
    mutations.append(.put(key: key, value: CachedObject.stored(object).bytes))
    preconditions.append(.modRevision(key: key, equals: 0))
  }

  /// Something must be as it is now when it happens.
  mutating func require(_ object: CachedObject) {
    let precondition = Precondition.modRevision(key: object.key, equals: object.revision)
    if !preconditions.contains(precondition) { preconditions.append(precondition) }
  }

  mutating func give(_ claim: CachedObject) {
    mutations.append(.delete(key: claim.key))
    preconditions.append(.modRevision(key: claim.key, equals: claim.revision))
  }

  mutating func remove(_ object: CachedObject) { mutations.append(.delete(key: object.key)) }

  /// The write has happened, or will not: what was reserved for it is either in the store by now or free.
  func end() { allocator.unreserve(reserved) }
}
