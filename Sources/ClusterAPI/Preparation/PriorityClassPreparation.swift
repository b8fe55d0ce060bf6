import APIMachinery

/// A priority class has the generation 1 for good: what it says of pods cannot change.
enum PriorityClassPreparation: KindPreparation {
  static func isCounted(_ new: JSONValue, _ old: JSONValue) -> Bool { false }
}
