import PKI

/// What shows the secrets that the servers of a cluster share, to those who use them.
public struct SharedKeepers: Sendable {
  public let authorities: AuthorityKeeper
  /// Of the front proxy.
  public let frontProxies: AuthorityKeeper
  public let tokenKeys: TokenKeyKeeper

  public init(
    authorities: AuthorityKeeper, frontProxies: AuthorityKeeper, tokenKeys: TokenKeyKeeper
  ) {
    self.authorities = authorities
    self.frontProxies = frontProxies
    self.tokenKeys = tokenKeys
  }

  /// Which authorities have changed.
  public struct Change: Sendable, Equatable {
    /// The cluster's own, if it is they: who is trusted (PEM).
    public let authorities: String?
    public let areFrontProxies: Bool
  }

  /// Who is trusted (PEM), the one that signs first.
  struct Bundles: Sendable {
    let authorities: String
    let frontProxies: String

    /// Nil where nothing has changed.
    func change(since old: Bundles) -> Change? {
      let (isOne, isOther) = (authorities != old.authorities, frontProxies != old.frontProxies)
      return isOne || isOther
        ? Change(authorities: isOne ? authorities : nil, areFrontProxies: isOther) : nil
    }
  }

  var bundles: Bundles {
    Bundles(authorities: authorities.bundle, frontProxies: frontProxies.bundle)
  }

  /// Takes over what the servers share now.
  func replace(_ secrets: ClusterSecrets) throws(PKIError) {
    authorities.replace(secrets.authorities)
    frontProxies.replace(secrets.frontProxies)
    try tokenKeys.replace(secrets.accountKeys)
  }

  /// The secrets as they should be by now; nil where they are so.
  func next(after current: ClusterSecrets) throws(PKIError) -> ClusterSecrets? {
    var secrets = current
    var hasChanged = false
    if let next = try authorities.makeNext() {
      secrets.authorities.append(next)
      hasChanged = true
    }
    if let next = try frontProxies.makeNext() {
      secrets.frontProxies.append(next)
      hasChanged = true
    }
    if let keys = tokenKeys.next() {
      secrets.accountKeys = keys
      hasChanged = true
    }
    return hasChanged ? secrets : nil
  }
}
