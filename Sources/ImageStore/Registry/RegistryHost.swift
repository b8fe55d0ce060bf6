import OCI

/// Where a registry is and how it may be spoken to.
struct RegistryHost: Sendable, Hashable {
  /// `host` or `host:port`.
  let authority: String
  /// Schemes to try, in order.
  let schemes: [String]
  /// Whether a certificate must be valid.
  let verifies: Bool
  /// Path before `/v2/`, for mirrors under a path; no slash at the end.
  let prefix: String

  /// The hosts that serve a reference, mirrors first.
  static func candidates(for reference: Reference, _ configuration: ImageStoreConfiguration) -> [RegistryHost] {
    var hosts: [RegistryHost] = []
    if reference.domain == Reference.defaultDomain {
      hosts = configuration.mirrors.compactMap { mirror($0, configuration) }
    }
    return hosts + [main(for: reference, configuration)]
  }

  /// The registry that a reference names itself.
  static func main(for reference: Reference, _ configuration: ImageStoreConfiguration) -> RegistryHost {
    let isDefault = reference.domain == Reference.defaultDomain
    return host(isDefault ? configuration.defaultRegistryHost : reference.domain, configuration)
  }

  /// A registry by `host` or `host:port`.
  static func host(_ authority: String, _ configuration: ImageStoreConfiguration) -> RegistryHost {
    // A TLS greeting to a plain server costs a round and the certificates' loading; on loopback plain is the rule.
    if isLoopback(authority) {
      return RegistryHost(authority: authority, schemes: ["http", "https"], verifies: false, prefix: "")
    }
    let insecure = configuration.insecureRegistries.contains { matches(authority, $0) }
    return RegistryHost(
      authority: authority, schemes: insecure ? ["https", "http"] : ["https"], verifies: !insecure, prefix: "")
  }

  private static func mirror(_ url: String, _ configuration: ImageStoreConfiguration) -> RegistryHost? {
    guard let separator = url.firstRange(of: "://") else { return host(url, configuration) }
    let scheme = String(url[..<separator.lowerBound])
    guard scheme == "http" || scheme == "https" else { return nil }
    let rest = url[separator.upperBound...]
    let authority = String(rest.prefix { $0 != "/" })
    guard !authority.isEmpty else { return nil }
    var prefix = String(rest.dropFirst(authority.count))
    while prefix.hasSuffix("/") { prefix.removeLast() }
    let verifies = host(authority, configuration).verifies
    return RegistryHost(authority: authority, schemes: [scheme], verifies: verifies, prefix: prefix)
  }

  /// Host without port and brackets.
  static func name(_ authority: String) -> String {
    if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
      return String(authority[authority.index(after: authority.startIndex)..<end])
    }
    return String(authority.prefix { $0 != ":" })
  }

  private static func isLoopback(_ authority: String) -> Bool {
    let name = name(authority)
    if name == "localhost" || name == "::1" { return true }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    return parts.count == 4 && parts[0] == 127 && parts.allSatisfy { $0 != nil }
  }

  /// Whether an entry of `insecure-registries` covers a host: the same `host:port`, the same host, or a network that
  /// holds its address.
  private static func matches(_ authority: String, _ entry: String) -> Bool {
    let entry =
      entry.split(separator: "/").count == 2 && !entry.contains("://")
      ? entry : String(entry.split(separator: "/").last ?? "")
    if entry == authority || entry == name(authority) { return true }
    let parts = entry.split(separator: "/")
    guard parts.count == 2, let bits = UInt32(parts[1]), bits <= 32, let network = ipv4(String(parts[0])),
      let address = ipv4(name(authority))
    else { return false }
    let mask: UInt32 = bits == 0 ? 0 : .max << (32 - bits)
    return network & mask == address & mask
  }

  private static func ipv4(_ text: String) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var value: UInt32 = 0
    for part in parts {
      guard let byte = UInt8(part) else { return nil }
      value = value << 8 | UInt32(byte)
    }
    return value
  }
}
