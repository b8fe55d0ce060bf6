import Addressing
import NetworkModel

/// What the engine and the port proxy say to each other: one message a packet, fields with blanks between them.
///
///     add KEY TARGET PORT   with the bound socket attached; TARGET is - where the port is only held
///     open KEY              lead on from now on what comes in
///     remove KEY
///     list
///
/// Each is answered by `ok`, `error TEXT`, or for `list` by `ok` and the keys.
enum ProxyProtocol {
  enum Request: Equatable {
    case add(Key, target: IPAddress?, port: Port)
    case open(Key)
    case remove(Key)
    case list

    /// The port that it is about.
    var key: Key? {
      switch self {
      case .add(let key, _, _), .open(let key), .remove(let key): key
      case .list: nil
      }
    }
  }

  /// A port of the host.
  struct Key: Hashable, CustomStringConvertible {
    var transport: TransportProtocol
    var address: IPAddress
    var port: Port

    init(_ published: PublishedPort) {
      transport = published.container.transport
      address = published.hostAddress
      port = published.hostPort
    }

    init?(_ text: Substring) {
      let parts = text.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count == 3, let transport = TransportProtocol(String(parts[0])),
        let address = IPAddress(String(parts[1])), let port = Port(String(parts[2]))
      else { return nil }
      (self.transport, self.address, self.port) = (transport, address, port)
    }

    var description: String { "\(transport)/\(address)/\(port)" }
  }

  static func encode(_ request: Request) -> [UInt8] {
    let text =
      switch request {
      case .add(let key, let target, let port): "add \(key) \(target.map { "\($0)" } ?? "-") \(port)"
      case .open(let key): "open \(key)"
      case .remove(let key): "remove \(key)"
      case .list: "list"
      }
    return Array(text.utf8)
  }

  /// Nil for what is no request.
  static func decode(_ bytes: [UInt8]) -> Request? {
    let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
    switch (fields.first, fields.count) {
    case ("list", 1): return .list
    case ("open", 2): return Key(fields[1]).map { .open($0) }
    case ("remove", 2): return Key(fields[1]).map { .remove($0) }
    case ("add", 4):
      guard let key = Key(fields[1]), let port = Port(String(fields[3])) else { return nil }
      if fields[2] == "-" { return .add(key, target: nil, port: port) }
      return IPAddress(String(fields[2])).map { .add(key, target: $0, port: port) }
    default: return nil
    }
  }
}
