import APIMachinery

/// What the containers of a pod request together.
enum ContainerRequests {
  /// At the time when they request most: all that run for ever, or an init container with the sidecars that were started
  /// before it. Nil where none requests anything.
  ///
  /// - Parameter list: `requests`, or `limits` for what they may use together.
  static func together(_ name: String, of list: String = "requests", _ spec: JSONValue) -> Quantity? {
    func request(_ container: JSONValue) -> Quantity? {
      (container["resources"]?[list]?[name]?.stringValue).flatMap(Quantity.init(reading:))
    }
    var isAsked = false
    var sidecars = Quantity.zero
    var most = Quantity.zero
    for container in spec.items("initContainers") {
      guard let amount = request(container) else { continue }
      isAsked = true
      if container.text("restartPolicy") == "Always" {
        sidecars += amount
        most = max(most, sidecars)
      } else {
        most = max(most, sidecars + amount)
      }
    }
    var all = sidecars
    for container in spec.items("containers") {
      guard let amount = request(container) else { continue }
      isAsked = true
      all += amount
    }
    return isAsked ? max(most, all) : nil
  }
}
