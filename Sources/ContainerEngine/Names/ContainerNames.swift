import AsyncWork
import DNS
import Linux
import NetworkDrivers
import Synchronization

/// The names of all running containers and the resolvers that answer for them. The server's thread starts with the
/// first container that needs it.
final class ContainerNames: Sendable {
  let directory = NameDirectory()
  private struct Served: Sendable {
    var listener: DNSServer.ListenerID
    var resolver: SandboxResolver
  }
  private struct State {
    var server: DNSServer?
    var served: [String: Served] = [:]
  }
  private let state = Mutex(State())

  /// Whether a container's questions are answered here.
  func isServed(_ container: String) -> Bool { state.withLock { $0.served[container] != nil } }

  /// Answers a container's questions from now on.
  func serve(
    _ container: String, on sockets: ResolverSockets, _ surroundings: SandboxResolver.Surroundings
  ) async throws {
    await stopServing(container)
    let resolver = SandboxResolver(directory, surroundings)
    let server = try state.withLock { state in
      if let server = state.server { return server }
      let server = try DNSServer()
      state.server = server
      return server
    }
    let listener = try server.add(
      DNSListener(datagrams: sockets.datagrams, connections: sockets.connections, handler: resolver))
    state.withLock { $0.served[container] = Served(listener: listener, resolver: resolver) }
  }

  /// Tells a container's resolver that its surroundings are others now.
  func change(_ container: String, _ surroundings: SandboxResolver.Surroundings) {
    state.withLock { $0.served[container]?.resolver }?.change(surroundings)
  }

  /// Closes a container's resolver; one that has none is no error.
  func stopServing(_ container: String) async {
    let (server, served) = state.withLock { ($0.server, $0.served.removeValue(forKey: container)) }
    if let server, let served { await server.remove(served.listener) }
  }

  /// Closes everything.
  func stop() async {
    let server = state.withLock { state in
      let server = state.server
      state = State()
      return server
    }
    await server?.stop()
  }
}
