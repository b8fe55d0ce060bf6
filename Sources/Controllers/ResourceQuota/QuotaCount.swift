import APIMachinery
import ClusterAPI
import ClusterClient

/// Counts what is used of a namespace's quotas, and remembers what each object counts while it does not change.
struct QuotaCount: Sendable {
  private struct Known {
    let revision: UInt64
    let usage: ResourceAmounts
  }
  /// By the objects' uids.
  private var known: [String: Known] = [:]

  /// What is used of each quota, for those of its names that anything counts against.
  /// - Parameters:
  ///   - resources: all that are served.
  ///   - list: gives the namespace's objects of one.
  mutating func usage(
    of quotas: [Quota], _ resources: [ClusterResource], now: Timestamp,
    list: @Sendable (ClusterResource) async throws -> [StoredObject]
  ) async throws -> [ResourceAmounts] {
    var results = quotas.map { _ in ResourceAmounts() }
    var seen: [String: Known] = [:]
    var done: Set<GroupResource> = []
    for resource in resources where resource.isNamespaced && resource.verbs.contains(.list) {
      guard done.insert(resource.groupResource).inserted,
        let evaluator = QuotaEvaluators.evaluator(of: resource.groupResource)
      else { continue }
      let names = quotas.map { evaluator.matching($0.wanted.names) }
      guard names.contains(where: { !$0.isEmpty }) else { continue }
      let objects = try await list(resource)
      for (index, quota) in quotas.enumerated() where !names[index].isEmpty {
        for name in names[index] { results[index][name] = .zero }
        for object in objects {
          if quota.hasScopes, !evaluator.isInScope(of: quota, object) { continue }
          let usage = usage(of: object, evaluator, now, &seen)
          results[index] += usage.keeping(names[index])
        }
      }
    }
    known = seen
    return results
  }

  private func usage(
    of object: StoredObject, _ evaluator: any QuotaEvaluator, _ now: Timestamp, _ seen: inout [String: Known]
  ) -> ResourceAmounts {
    guard evaluator.readsObjects else { return evaluator.usage(of: [:], now: now) }
    let uid = object.header.uid
    if let same = seen[uid] ?? known[uid], same.revision == object.revision {
      seen[uid] = same
      return same.usage
    }
    let usage = evaluator.usage(of: object.tree(), now: now)
    // What is going counts until its time is over, which changes nothing in it.
    if !object.header.isBeingDeleted { seen[uid] = Known(revision: object.revision, usage: usage) }
    return usage
  }
}

extension QuotaEvaluator {
  fileprivate func isInScope(of quota: Quota, _ object: StoredObject) -> Bool { quota.isInScope(object.tree(), self) }
}
