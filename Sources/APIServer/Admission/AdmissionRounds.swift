import APIMachinery

/// Which members of a chain are asked about a write, by their places in the chain.
struct AdmissionRounds: Sendable {
  struct Round: Sendable {
    let mutating: [Int]
    let validating: [Int]
  }
  private let named: [GroupResource: Round]
  /// Of resources that no member names.
  private let others: Round

  init(_ interests: [AdmissionInterest]) {
    func round(_ resource: GroupResource?) -> Round {
      func places(_ step: AdmissionMetrics.Step) -> [Int] {
        interests.indices.filter { place in
          guard interests[place].includes(step) else { return false }
          guard let wanted = interests[place].resources else { return true }
          return resource.map(wanted.contains) ?? false
        }
      }
      return Round(mutating: places(.mutating), validating: places(.validating))
    }
    let all = interests.reduce(into: Set<GroupResource>()) { $0.formUnion($1.resources ?? []) }
    named = Dictionary(uniqueKeysWithValues: all.map { ($0, round($0)) })
    others = round(nil)
  }

  func round(of resource: GroupResource) -> Round { named[resource] ?? others }
}
