import APIMachinery

/// Deployments hand their annotations on to their replica sets: a change of these is one of what is wanted, too.
enum DeploymentPreparation: KindPreparation {
  static let keptByStatus = ["labels"]

  static func isCounted(_ new: JSONValue, _ old: JSONValue) -> Bool {
    Preparation.differs(new, old)
      || (new["metadata"]?["annotations"] ?? [:]) != (old["metadata"]?["annotations"] ?? [:])
  }
}
