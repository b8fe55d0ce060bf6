/// Where a server listens.
public struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
  enum Kind: Hashable {
    case unix(path: String, mode: UInt32, group: String?)
    case tcp(host: String, port: Int)
    case descriptor(Int32, name: String)
  }
  let kind: Kind

  /// A unix socket. A socket that is already at `path` is replaced if nobody answers on it.
  /// - Parameters:
  ///   - mode: the permissions of the socket, in force before anybody can connect.
  ///   - group: who owns it beside root, if the host has such a group.
  public static func unix(_ path: String, mode: UInt32 = 0o660, group: String? = "docker") -> ListenAddress {
    ListenAddress(kind: .unix(path: path, mode: mode, group: group))
  }

  /// TCP on a name or an address; port 0 lets the kernel choose.
  public static func tcp(host: String, port: Int) -> ListenAddress { ListenAddress(kind: .tcp(host: host, port: port)) }

  /// A bound stream socket that was passed in, as systemd's socket activation does (sd_listen_fds(3)). The server takes
  /// it over and closes it; its path, if it has one, stays.
  public static func descriptor(_ number: Int32, name: String) -> ListenAddress {
    ListenAddress(kind: .descriptor(number, name: name))
  }

  public var description: String {
    switch kind {
    case .unix(let path, _, _): "unix://\(path)"
    case .tcp(let host, let port): host.contains(":") ? "tcp://[\(host)]:\(port)" : "tcp://\(host):\(port)"
    case .descriptor(_, let name): "fd://\(name)"
    }
  }
}
