import APIMachinery

/// What a plugin of admission looks at: of all else it is not even asked. Most look at one kind of objects, and all of
/// them together would cost an ordinary write more than its own work.
public struct AdmissionInterest: Sendable {
  /// Whose objects, subresources included; nil for all.
  let resources: Set<GroupResource>?
  let mutates: Bool
  let validates: Bool

  /// All requests, in both steps.
  public static let everything = AdmissionInterest(resources: nil, mutates: true, validates: true)

  /// Changes only.
  /// - Parameter resources: of which objects; none named means all.
  static func mutating(_ resources: GroupResource...) -> AdmissionInterest { mutating(resources) }

  /// The same, of a list of resources.
  static func mutating(_ resources: [GroupResource]) -> AdmissionInterest {
    .init(resources: resources.isEmpty ? nil : Set(resources), mutates: true, validates: false)
  }

  /// Judges only.
  /// - Parameter resources: of which objects; none named means all.
  static func validating(_ resources: GroupResource...) -> AdmissionInterest { validating(resources) }

  /// The same, of a list of resources.
  static func validating(_ resources: [GroupResource]) -> AdmissionInterest {
    .init(resources: resources.isEmpty ? nil : Set(resources), mutates: false, validates: true)
  }

  /// Both, of objects of some resources.
  static func both(_ resources: GroupResource...) -> AdmissionInterest {
    .init(resources: Set(resources), mutates: true, validates: true)
  }

  func includes(_ step: AdmissionMetrics.Step) -> Bool { step == .mutating ? mutates : validates }
}
