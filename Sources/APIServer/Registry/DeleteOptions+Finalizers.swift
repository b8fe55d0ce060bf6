import APIMachinery

/// What options of a deletion mean for an object.
extension DeleteOptions {
  static let orphanFinalizer = "orphan"
  static let foregroundFinalizer = "foregroundDeletion"

  /// What becomes of dependents; nil where the client leaves it to the kind. Old clients say it by `orphanDependents`.
  var effectivePropagation: Propagation? { orphanDependents.map { $0 ? .orphan : .background } ?? propagation }

  /// The finalizers of an object after a client has said what becomes of dependents; the garbage collector works on these.
  /// - Parameter policy: what holds where the client says nothing, and the object itself neither.
  func finalizers(of object: JSONObject, _ policy: DependentsPolicy) -> [String] {
    let given = object.finalizers
    var wanted: String?
    switch (policy, effectivePropagation) {
    case (.unsupported, _), (_, .background): break
    case (_, .orphan): wanted = Self.orphanFinalizer
    case (_, .foreground): wanted = Self.foregroundFinalizer
    case (_, nil):
      wanted = given.first(where: Self.isOfDependents) ?? (policy == .orphan ? Self.orphanFinalizer : nil)
    }
    if given.filter(Self.isOfDependents) == (wanted.map { [$0] } ?? []) { return given }
    return given.filter { !Self.isOfDependents($0) } + (wanted.map { [$0] } ?? [])
  }

  private static func isOfDependents(_ finalizer: String) -> Bool {
    finalizer == orphanFinalizer || finalizer == foregroundFinalizer
  }
}
