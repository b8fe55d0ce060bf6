import Addressing
import Linux
import Netlink
import NetworkModel

/// Links that somebody else makes on the host for a sandbox to borrow.
extension HostNetwork {
  /// Moves a link of the host into a sandbox, where it has another name.
  /// - Parameter mac: the hardware address that it must have; nil leaves its own.
  /// - Returns: its hardware address.
  func moveIn(
    _ name: String, as interface: String, mac: MACAddress?, sandbox: FileDescriptor
  ) throws -> MACAddress? {
    guard let link = try socket.link(.name(name)) else {
      throw NetworkError(.failed, "there is no link \(name) on this host, though the plugin says so")
    }
    try socket.perform(.setLink(.index(link.index), LinkSettings(name: interface, namespace: sandbox)))
    let inside = try RouteSocket(in: sandbox)
    guard let moved = try inside.link(.name(interface)) else {
      throw NetworkError(.failed, "link \(name) has not come into the sandbox as \(interface)")
    }
    if let mac, moved.address != mac {
      try inside.perform(.setLink(.index(moved.index), LinkSettings(address: mac)))
      return mac
    }
    return moved.address
  }

  /// Moves it back, under its old name; one that is gone is no error. One that cannot go back is deleted: it must not
  /// stay in the sandbox, where the endpoint has ended.
  func moveOut(_ interface: String, as name: String, from sandbox: FileDescriptor) throws {
    let inside = try RouteSocket(in: sandbox)
    guard let link = try inside.link(.name(interface)) else { return }
    do {
      let home = try Namespaces.current(.network)
      try inside.perform(.setLink(.index(link.index), LinkSettings(name: name, isUp: false, namespace: home)))
    } catch {
      Diagnostics.warn("link \(interface) cannot go back to the host as \(name) and is deleted: \(error)")
      do { try inside.perform(.deleteLink(.index(link.index))) } catch {
        if error.errno != .noDevice { throw error }
      }
    }
  }
}
