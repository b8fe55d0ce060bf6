import FoundationEssentials

/// What all servers of one cluster must have the same of: who signs certificates, who vouches for the server to other API
/// servers, and what signs tokens of service accounts.
public struct ClusterSecrets: Sendable {
  /// The cluster's authorities, the oldest first; at least one.
  public var authorities: [Authority]
  /// The authorities by which other API servers know this one, the oldest first; at least one.
  public var frontProxies: [Authority]
  /// The keys for tokens, the oldest first; at least one, of which one at least can sign.
  public var accountKeys: [TokenKeyGenerations.Generation]

  public init(
    authorities: [Authority], frontProxies: [Authority],
    accountKeys: [TokenKeyGenerations.Generation]
  ) {
    self.authorities = authorities
    self.frontProxies = frontProxies
    self.accountKeys = accountKeys
  }

  private struct Pair: Codable {
    var certificate: String
    var key: String

    init(_ authority: Authority) { (certificate, key) = (authority.certificatePEM, authority.keyPEM) }

    func authority(_ clock: WallClock) throws(PKIError) -> Authority {
      try Authority(certificatePEM: certificate, keyPEM: key, clock: clock)
    }
  }
  private struct AccountKey: Codable {
    /// Seconds since 1970; 0 where nobody has noted it.
    var made: Int64
    /// PEM; the public half alone of one that signs no more.
    var key: String

    init(_ generation: TokenKeyGenerations.Generation) {
      made = generation.made
      key = generation.signing?.pem ?? generation.verifying.pem
    }

    func generation() throws(PKIError) -> TokenKeyGenerations.Generation {
      try .init(made: made, pem: key)
    }
  }
  private struct Contents: Codable {
    var authorities: [Pair]
    var frontProxies: [Pair]?
    var serviceAccountKeys: [AccountKey]?
    /// As it was before these followed each other.
    var frontProxy: Pair?
    var serviceAccountKey: String?
  }

  /// As they are kept, before they are sealed: JSON with PEM in it.
  public var bytes: [UInt8] {
    get throws(PKIError) {
      let contents = Contents(
        authorities: authorities.map { Pair($0) }, frontProxies: frontProxies.map { Pair($0) },
        serviceAccountKeys: accountKeys.map { AccountKey($0) })
      do { return Array(try JSONEncoder().encode(contents)) } catch {
        throw PKIError(.malformed, "the cluster's secrets cannot be written", cause: error)
      }
    }
  }

  /// - Throws: `malformed`, `mismatch`, `unsupported`.
  public init(_ bytes: [UInt8], clock: WallClock = .system) throws(PKIError) {
    let contents: Contents
    do { contents = try JSONDecoder().decode(Contents.self, from: Data(bytes)) } catch {
      throw PKIError(.malformed, "the cluster's secrets cannot be read", cause: error)
    }
    authorities = try Self.authorities(contents.authorities, "authority", clock)
    let proxies = contents.frontProxies ?? contents.frontProxy.map { [$0] } ?? []
    frontProxies = try Self.authorities(proxies, "authority of the front proxy", clock)
    var keys: [TokenKeyGenerations.Generation] = []
    for key in contents.serviceAccountKeys ?? [] { keys.append(try key.generation()) }
    if let key = contents.serviceAccountKey { keys.append(try .init(made: 0, pem: key)) }
    guard keys.contains(where: { $0.signing != nil }) else {
      throw PKIError(.malformed, "the cluster's secrets hold no key that can sign tokens")
    }
    accountKeys = keys
  }

  private static func authorities(
    _ pairs: [Pair], _ what: String, _ clock: WallClock
  ) throws(PKIError) -> [Authority] {
    guard !pairs.isEmpty else {
      throw PKIError(.malformed, "the cluster's secrets hold no \(what)")
    }
    var authorities: [Authority] = []
    for pair in pairs { authorities.append(try pair.authority(clock)) }
    return authorities
  }
}
