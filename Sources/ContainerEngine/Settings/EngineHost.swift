/// One address of `--host`: where Docker's API is served.
public enum EngineHost: Sendable, Equatable, CustomStringConvertible {
  case unix(path: String)
  case tcp(host: String, port: Int)
  /// Sockets that systemd opened (`fd://`).
  case activation

  /// Parses `unix:///path`, `tcp://host:port` (2375 without a port) or `fd://`, in dockerd's spelling.
  init(_ text: String) throws(SettingsError) {
    let refused = SettingsError(.invalid, "unable to parse docker host `\(text)`")
    guard let mark = text.firstRange(of: "://") else { throw refused }
    let rest = text[mark.upperBound...]
    switch text[..<mark.lowerBound] {
    case "unix":
      guard rest.hasPrefix("/"), rest.count > 1 else {
        throw SettingsError(.invalid, "unable to parse docker host `\(text)`: the path of a socket must be absolute")
      }
      self = .unix(path: String(rest))
    case "tcp": self = try Self.tcp(rest, refused)
    case "fd": self = .activation
    default: throw refused
    }
  }

  private static func tcp(_ rest: Substring, _ refused: SettingsError) throws(SettingsError) -> EngineHost {
    var host = rest
    var port = 2375
    let afterBracket = rest.lastIndex(of: "]").map { rest.index(after: $0) } ?? rest.startIndex
    if let colon = rest[afterBracket...].lastIndex(of: ":") {
      guard let number = Int(rest[rest.index(after: colon)...]), (0...65_535).contains(number) else { throw refused }
      port = number
      host = rest[..<colon]
    }
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.contains("/") else { throw refused }
    return .tcp(host: host.isEmpty ? "127.0.0.1" : String(host), port: port)
  }

  public var description: String {
    switch self {
    case .unix(let path): "unix://\(path)"
    case .tcp(let host, let port): host.contains(":") ? "tcp://[\(host)]:\(port)" : "tcp://\(host):\(port)"
    case .activation: "fd://"
    }
  }
}
