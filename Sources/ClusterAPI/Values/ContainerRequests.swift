import APIMachinery

/// What the containers of a pod request together.
enum ContainerRequests {
  /// Of each resource that is meant and of which any is requested: how much at the time when they request most. That is all
  /// that run for ever, or an init container with the sidecars that were started before it.
  ///
  /// - Parameter list: `requests`, or `limits` for what they may use together.
  static func together(
    of list: String, _ spec: JSONValue, where isMeant: (String) -> Bool
  ) -> [String: Quantity] {
    var sums: [String: Sum] = [:]
    func add(_ container: JSONValue, _ change: (inout Sum, Quantity) -> Void) {
      for (name, value) in container["resources"]?[list]?.objectValue ?? [:] where isMeant(name) {
        guard let amount = value.stringValue.flatMap(Quantity.init(reading:)) else { continue }
        change(&sums[name, default: Sum()], amount)
      }
    }
    for container in spec.items("initContainers") {
      let isSidecar = container.text("restartPolicy") == "Always"
      add(container) { sum, amount in
        sum.most = max(sum.most, sum.running + amount)
        if isSidecar { sum.running += amount }
      }
    }
    for container in spec.items("containers") { add(container) { sum, amount in sum.running += amount } }
    return sums.mapValues { max($0.most, $0.running) }
  }

  private struct Sum {
    /// Of the containers so far that run for ever.
    var running = Quantity.zero
    var most = Quantity.zero
  }
}
