import APIMachinery
import ClusterAPI

/// One write that counts against quotas, and how much.
struct QuotaCharge: Sendable {
  let evaluator: any QuotaEvaluator
  let object: JSONObject
  /// What was there before; nil where the object is new.
  let old: JSONObject?
  let resource: GroupResource
  let name: String
  /// A status tells what is so already: it counts, and is not refused.
  let isStatus: Bool
  let isDryRun: Bool

  /// Counts the write against quotas.
  /// - Parameter quotas: with what is used as it would be after the write; unchanged where it is refused.
  /// - Returns: what it adds, by the quotas' uids.
  /// - Throws: 403 where it would be too much, or where the object does not say what it needs.
  func apply(to quotas: inout [Quota]) throws(StatusError) -> [String: ResourceAmounts] {
    let now = Timestamp.now
    var concerned: [Int] = []
    for (index, quota) in quotas.enumerated() where quota.covers(object, evaluator) {
      let names = evaluator.matching(quota.hard.names)
      if let missing = evaluator.missing(names, in: object) {
        throw refusal("failed quota: \(quota.name): \(missing)")
      }
      if names.contains(where: { quota.used[$0] == nil }) {
        throw refusal("status unknown for quota: \(quota.name), resources: \(names.sorted().joined(separator: ","))")
      }
      concerned.append(index)
    }
    guard !concerned.isEmpty else { return [:] }
    let usage = evaluator.usage(of: object, now: now)
    let negative = usage.negativeNames
    guard negative.isEmpty else {
      throw refusal("quota usage is negative for resource(s): \(negative.joined(separator: ","))")
    }
    let more = old.map { usage.excess(over: evaluator.usage(of: $0, now: now)) } ?? usage
    var changed = quotas
    var added: [String: ResourceAmounts] = [:]
    for index in concerned {
      let quota = quotas[index]
      // What was in no scope before counts in full.
      let isOld = old.map { quota.covers($0, evaluator) } ?? false
      let requested = (isOld ? more : usage).withoutZeros.keeping(quota.hard.names)
      guard !requested.isEmpty else { continue }
      let used = quota.used + requested
      let exceeded = isStatus ? [] : used.keeping(requested.names).names(exceeding: quota.hard)
      guard exceeded.isEmpty else {
        throw refusal(
          "exceeded quota: \(quota.name), requested: \(requested.keeping(exceeded)), "
            + "used: \(quota.used.keeping(exceeded)), limited: \(quota.hard.keeping(exceeded))")
      }
      changed[index].used = used
      added[quota.uid] = requested
    }
    quotas = changed
    return added
  }

  private func refusal(_ why: String) -> StatusError { .forbidden(resource, name, why) }
}
