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
  let configuration: QuotaConfiguration

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
    guard !concerned.isEmpty || !configuration.isEmpty else { return [:] }
    let usage = evaluator.usage(of: object, now: now)
    let negative = usage.negativeNames
    guard negative.isEmpty else {
      throw refusal("quota usage is negative for resource(s): \(negative.joined(separator: ","))")
    }
    let more = old.map { usage.excess(over: evaluator.usage(of: $0, now: now)) } ?? usage
    if !configuration.isEmpty {
      // What changes nothing needs no quota.
      let isMore = concerned.contains { index in
        !((old.map { quotas[index].covers($0, evaluator) } ?? false) ? more : usage).withoutZeros.isEmpty
      }
      guard concerned.isEmpty ? !more.withoutZeros.isEmpty : isMore else { return [:] }
      try checkCovered(usage, quotas, concerned)
    }
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

  /// What is limited needs a quota that names it, and what is in a limited scope one that has the scope.
  private func checkCovered(_ usage: ResourceAmounts, _ quotas: [Quota], _ concerned: [Int]) throws(StatusError) {
    let covered = concerned.flatMap { evaluator.matching(quotas[$0].hard.names) }
    let names = configuration.names(usage, of: resource).subtracting(covered)
    guard names.isEmpty else {
      throw refusal("insufficient quota to consume: \(names.sorted().joined(separator: ","))")
    }
    let known = Set(quotas.flatMap { $0.scopes(of: object, evaluator) }.map(\.name))
    let scopes = configuration.scopes(object, evaluator).filter { !known.contains($0.name) }
    guard scopes.isEmpty else {
      let texts = scopes.map(\.description).joined(separator: " ")
      throw StatusError(StatusReason(rawValue: ""), "insufficient quota to match these scopes: [\(texts)]", code: 500)
    }
  }

  private func refusal(_ why: String) -> StatusError { .forbidden(resource, name, why) }
}
