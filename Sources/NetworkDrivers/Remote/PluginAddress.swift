import NetworkModel

/// Where a plugin listens.
struct PluginAddress: Sendable, Hashable {
  /// Files in PEM that a connection with TLS needs; empty for none.
  struct TLS: Sendable, Hashable {
    /// Whether the plugin's certificate must be valid.
    var verifies = false
    var authorities = ""
    var certificate = ""
    var key = ""
  }
  enum Place: Sendable, Hashable {
    /// The path of a socket.
    case unix(String)
    /// `HOST:PORT`.
    case tcp(String)
  }
  var place: Place
  var tls: TLS?

  init(place: Place, tls: TLS? = nil) {
    self.place = place
    self.tls = tls
  }

  /// Reads `unix:///PATH`, `tcp://HOST:PORT`, `http://…` and `https://…`; nil for what is none of them.
  init?(url: String, tls: TLS? = nil) {
    guard let separator = url.firstRange(of: "://") else { return nil }
    let rest = url[separator.upperBound...]
    switch url[..<separator.lowerBound] {
    case "unix":
      guard rest.hasPrefix("/"), !rest.contains("\0") else { return nil }
      self.init(place: .unix(String(rest)))
    case "tcp", "http": self.init(authority: rest, tls: tls)
    case "https": self.init(authority: rest, tls: tls ?? TLS())
    default: return nil
    }
  }

  /// A path after the authority means nothing to docker, and nothing to us.
  private init?(authority: Substring, tls: TLS?) {
    let authority = authority.prefix { $0 != "/" }
    let legal = authority.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && ![0x3F, 0x23, 0x40, 0x25].contains($0) }
    guard !authority.isEmpty, legal else { return nil }
    self.init(place: .tcp(String(authority)), tls: tls)
  }

  /// The URL of one call.
  func url(of method: String) -> String {
    switch place {
    case .unix(let path):
      // The path stands where a host would: whatever is not plainly part of a host's name is written as its number.
      let host = path.utf8.map { byte -> String in
        let isPlain =
          (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D
        let digits = String(byte, radix: 16, uppercase: true)
        return isPlain ? String(UnicodeScalar(byte)) : "%" + (digits.count == 1 ? "0" : "") + digits
      }
      return "http+unix://\(host.joined())/\(method)"
    case .tcp(let authority): return "\(tls == nil ? "http" : "https")://\(authority)/\(method)"
    }
  }
}
