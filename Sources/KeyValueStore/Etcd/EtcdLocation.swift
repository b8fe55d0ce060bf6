/// Where an etcd cluster is and which part of it is ours: `etcd://HOST:PORT[,HOST:PORT…][/PREFIX]`.
public struct EtcdLocation: Sendable, Hashable, CustomStringConvertible {
  /// `HOST:PORT` each, at least one.
  public let members: [String]
  /// What all keys begin with, with a slash at its end; never empty.
  public let prefix: String

  /// The prefix where none is named.
  public static let defaultPrefix = "apus/"
  /// etcd's port for clients.
  private static let defaultPort = "2379"

  /// Nil for what is no such URL.
  public init?(_ text: String) {
    guard text.hasPrefix("etcd://") else { return nil }
    let rest = text.dropFirst("etcd://".count)
    let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    var members: [String] = []
    for member in parts[0].split(separator: ",", omittingEmptySubsequences: false) {
      guard let member = Self.member(member) else { return nil }
      members.append(member)
    }
    self.members = members
    let path = parts.count > 1 ? parts[1].split(separator: "/") : []
    guard path.allSatisfy({ $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3F && $0 != 0x23 } }) else {
      return nil
    }
    prefix = path.isEmpty ? Self.defaultPrefix : path.joined(separator: "/") + "/"
  }

  /// `HOST:PORT` of `HOST[:PORT]`; nil for what is none.
  static func member(_ text: Substring) -> String? {
    let afterBracket = text.lastIndex(of: "]").map { text.index(after: $0) } ?? text.startIndex
    var host = text
    var port = defaultPort
    if let colon = text[afterBracket...].lastIndex(of: ":") {
      guard let number = UInt16(text[text.index(after: colon)...]), number > 0 else { return nil }
      host = text[..<colon]
      port = "\(number)"
    }
    let name = host.hasPrefix("[") && host.hasSuffix("]") ? host.dropFirst().dropLast() : host
    guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && ![0x2F, 0x3F, 0x23, 0x40].contains($0) })
    else { return nil }
    // A bare IPv6 address cannot be told from a name with a port.
    if host.first != "[" && name.contains(":") { return nil }
    return "\(host):\(port)"
  }

  public var description: String { "etcd://\(members.joined(separator: ","))/\(prefix.dropLast())" }
}
