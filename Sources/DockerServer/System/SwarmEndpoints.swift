import HTTPService

/// Docker's swarm mode, which this engine never enters. What asks about a swarm is told what a node outside of one tells,
/// so that clients that look before they work go on; only what would enter a swarm is not implemented.
enum SwarmEndpoints {
  /// Every path that needs a swarm manager.
  static let managers: [(Method, String)] = [
    (.get, "/swarm"), (.get, "/swarm/unlockkey"), (.post, "/swarm/update"), (.post, "/swarm/unlock"),
    (.get, "/services"), (.get, "/services/{name}"), (.post, "/services/create"), (.post, "/services/{name}/update"),
    (.delete, "/services/{name}"), (.get, "/services/{name}/logs"),
    (.get, "/nodes"), (.get, "/nodes/{name}"), (.delete, "/nodes/{name}"), (.post, "/nodes/{name}/update"),
    (.get, "/tasks"), (.get, "/tasks/{name}"), (.get, "/tasks/{name}/logs"),
    (.get, "/secrets"), (.post, "/secrets/create"), (.delete, "/secrets/{name}"), (.get, "/secrets/{name}"),
    (.post, "/secrets/{name}/update"),
    (.get, "/configs"), (.post, "/configs/create"), (.delete, "/configs/{name}"), (.get, "/configs/{name}"),
    (.post, "/configs/{name}/update"),
  ]

  static let notManager: Endpoint = { _ in
    throw RefusedError(
      .serviceUnavailable,
      "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm "
        + "and try again.")
  }

  static let leave: Endpoint = { _ in
    throw RefusedError(.serviceUnavailable, "This node is not part of a swarm")
  }

  /// `POST /swarm/init` and `/swarm/join`.
  static let enter: Endpoint = { _ in
    throw RefusedError(.notImplemented, "swarm mode is not implemented by this engine")
  }
}
