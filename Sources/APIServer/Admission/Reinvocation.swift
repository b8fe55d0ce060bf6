import APIMachinery

/// What is known of a second round through the plugins that change objects: those that come early see what later ones have
/// done (Kubernetes, "Reinvocation policy").
struct Reinvocation: Sendable {
  /// What one plugin knows: policies and webhooks look each after their own.
  struct Plugin: Sendable {
    /// The object as the plugin left it.
    private var output: JSONObject?
    /// Those that were asked and want to be asked again where something changes after them.
    private var asked: Set<String> = []
    /// Those that are asked in the second round.
    private var again: Set<String> = []

    /// The second round has come to the plugin: what others have changed since its first is seen by all who want to.
    fileprivate mutating func resume(_ object: JSONObject?) {
      if output != object { repeatAsked() }
    }

    fileprivate mutating func repeatAsked() {
      again.formUnion(asked)
      asked = []
    }

    fileprivate func isAskedAgain(_ identifier: String) -> Bool { again.contains(identifier) }
    fileprivate mutating func note(_ identifier: String) { asked.insert(identifier) }
    fileprivate mutating func end(_ object: JSONObject?) { output = object }
  }

  /// The second round is on.
  var isSecondRound = false
  /// Somebody has changed the object in a way that others may want to see.
  private(set) var isWanted = false
  var policies = Plugin()
  var webhooks = Plugin()

  /// A plugin begins.
  mutating func begin(_ plugin: WritableKeyPath<Reinvocation, Plugin>, _ object: JSONObject?) {
    if isSecondRound { self[keyPath: plugin].resume(object) }
  }

  /// Whether a policy or a webhook is asked in this round: the second one asks nobody for the first time.
  func asks(_ plugin: KeyPath<Reinvocation, Plugin>, _ identifier: String) -> Bool {
    !isSecondRound || self[keyPath: plugin].isAskedAgain(identifier)
  }

  /// A policy or a webhook has been asked.
  mutating func record(
    _ plugin: WritableKeyPath<Reinvocation, Plugin>, _ identifier: String, hasChanged: Bool, isReinvoked: Bool
  ) {
    if hasChanged {
      self[keyPath: plugin].repeatAsked()
      isWanted = true
    }
    if isReinvoked { self[keyPath: plugin].note(identifier) }
  }

  /// A plugin is done.
  mutating func end(_ plugin: WritableKeyPath<Reinvocation, Plugin>, _ object: JSONObject?) {
    self[keyPath: plugin].end(object)
  }
}
