import APIMachinery

/// What options of a deletion mean for an object.
extension DeleteOptions {
  static let orphanFinalizer = "orphan"
  static let foregroundFinalizer = "foregroundDeletion"

  /// What becomes of dependents; nil where the client leaves it to the kind. Old clients say it by `orphanDependents`.
  var effectivePropagation: Propagation? { orphanDependents.map { $0 ? .orphan : .background } ?? propagation }

  /// The finalizers of an object after a client has said what becomes of dependents; the garbage collector works on these.
  func finalizers(of object: JSONObject) -> [String] {
    var finalizers = object.finalizers
    guard let propagation = effectivePropagation else { return finalizers }
    finalizers.removeAll { $0 == Self.orphanFinalizer || $0 == Self.foregroundFinalizer }
    switch propagation {
    case .orphan: finalizers.append(Self.orphanFinalizer)
    case .foreground: finalizers.append(Self.foregroundFinalizer)
    case .background: break
    }
    return finalizers
  }
}
