import Addressing
import Linux
import NetworkModel

/// Holds ports of the host, and leads on what the kernel cannot translate.
protocol PortHolder: AnyObject {
  /// Takes the port; one that is held already for the same container port is no error.
  func hold(_ port: PublishedPort) throws
  /// Begins to lead on what comes to a port that is held.
  func open(_ port: PublishedPort) throws
  func release(_ port: PublishedPort)
  /// Lets go what was held before this process and has not been taken over.
  func releaseRest()
}

/// Holds ports in this process: they are free for others while the process is away. The controller's thread alone uses
/// it.
final class LocalPortHolder: PortHolder {
  private var held: [PublishedPort: HostPort?] = [:]

  func hold(_ port: PublishedPort) throws {
    if held[port] != nil { return }
    held[port] = .some(try PortReservation.bind(port))
  }

  /// There is nobody here to read what would come in.
  func open(_ port: PublishedPort) throws {}

  func releaseRest() {}

  func release(_ port: PublishedPort) { held[port] = nil }
}

enum PortReservation {
  /// Binds the port; nil where the kernel has no sockets of this transport, so that nobody else can take it either.
  static func bind(_ port: PublishedPort) throws(NetworkError) -> HostPort? {
    let transport: HostPort.Transport =
      switch port.container.transport {
      case .tcp: .tcp
      case .udp: .udp
      case .sctp: .sctp
      }
    do { return try HostPort(transport, address: port.hostAddress.bytes, port: port.hostPort.rawValue) } catch {
      if transport == .sctp && error.operation == "socket" { return nil }
      let host = port.hostAddress.family == .v6 ? "[\(port.hostAddress)]" : "\(port.hostAddress)"
      let target = port.target.map { $0.family == .v6 ? "[\($0)]" : "\($0)" } ?? ""
      // Docker 28's words.
      throw NetworkError(
        error.code == .addressInUse ? .conflict : .failed,
        "failed to bind host port for \(host):\(port.hostPort):\(target):\(port.container): \(Self.reason(error.code))",
        cause: error)
    }
  }

  private static func reason(_ code: Errno) -> String {
    switch code {
    case .addressNotAvailable: "cannot assign requested address"
    default: "\(code)"
    }
  }
}
