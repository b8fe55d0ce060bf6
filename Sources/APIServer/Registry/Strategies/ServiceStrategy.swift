import APIMachinery

/// Services: they get cluster IPs and node ports in the transaction that writes them.
struct ServiceStrategy: KindStrategy {
  let allocator: ServiceAllocator

  var givesOut: Bool { true }

  func allocation(
    for new: inout JSONObject, old: JSONObject?, isDryRun: Bool
  ) throws(StatusError) -> ServiceAllocation? {
    try allocator.begin(&new, old: old, isDryRun: isDryRun)
  }

  func allocation(endedBy object: CachedObject) -> ServiceAllocation? { allocator.end(object) }
}
