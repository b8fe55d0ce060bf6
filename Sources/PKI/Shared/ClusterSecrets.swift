import FoundationEssentials

/// What all servers of one cluster must have the same of: who signs certificates, who vouches for the server to other API
/// servers, and what signs tokens of service accounts.
public struct ClusterSecrets: Sendable {
  /// The cluster's authorities, the oldest first; at least one.
  public var authorities: [Authority]
  /// The authority by which other API servers know this one.
  public var frontProxy: Authority
  public var accountKey: TokenSigningKey

  public init(authorities: [Authority], frontProxy: Authority, accountKey: TokenSigningKey) {
    self.authorities = authorities
    self.frontProxy = frontProxy
    self.accountKey = accountKey
  }

  private struct Pair: Codable {
    var certificate: String
    var key: String

    init(_ authority: Authority) { (certificate, key) = (authority.certificatePEM, authority.keyPEM) }

    func authority(_ clock: WallClock) throws(PKIError) -> Authority {
      try Authority(certificatePEM: certificate, keyPEM: key, clock: clock)
    }
  }
  private struct Contents: Codable {
    var authorities: [Pair]
    var frontProxy: Pair
    var serviceAccountKey: String
  }

  /// As they are kept, before they are sealed: JSON with PEM in it.
  public var bytes: [UInt8] {
    get throws(PKIError) {
      let contents = Contents(
        authorities: authorities.map { Pair($0) }, frontProxy: Pair(frontProxy), serviceAccountKey: accountKey.pem)
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
    guard !contents.authorities.isEmpty else { throw PKIError(.malformed, "the cluster's secrets hold no authority") }
    var authorities: [Authority] = []
    for pair in contents.authorities { authorities.append(try pair.authority(clock)) }
    self.authorities = authorities
    frontProxy = try contents.frontProxy.authority(clock)
    accountKey = try TokenSigningKey(pem: contents.serviceAccountKey)
  }
}
