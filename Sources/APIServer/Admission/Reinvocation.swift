import APIMachinery

/// What is known of a second round through the plugins that change objects: those that come early see what later ones have
/// done (Kubernetes, "Reinvocation policy").
struct Reinvocation: Sendable {
  /// The second round is on.
  var isSecondRound = false
  /// Somebody has changed the object in a way that others may want to see.
  var isWanted = false
  /// The object as the webhooks left it in the first round.
  var output: JSONObject?
  /// Webhooks that were asked and want to be asked again where something changes after them.
  var asked: Set<String> = []
  /// Webhooks that are asked in the second round.
  var again: Set<String> = []

  /// Something has changed: everybody who was asked is asked again.
  mutating func repeatAsked() {
    again.formUnion(asked)
    asked = []
  }
}
