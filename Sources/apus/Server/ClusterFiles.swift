import AsyncWork
import Linux
import PKI

/// The cluster's secrets: on disk, made when they are missing and for root alone to read; or from the store that servers
/// share.
struct ClusterFiles: Sendable {
  static let authorityName = "apus-ca"
  private static let year: Int64 = 365 * 86_400

  let authorities: AuthorityKeeper
  let tokens: ServiceAccountTokens

  /// Reads what is there and makes what is not. Blocks.
  init(directory: String, issuer: String) throws {
    try FileSystem.makeDirectories(directory, mode: 0o700)
    authorities = try AuthorityKeeper(directory: directory, commonName: Self.authorityName)
    try authorities.makeNextIfDue()
    tokens = ServiceAccountTokens(issuer: issuer, key: try TokenSigningKey(path: Self.accountKey(directory)))
  }

  /// Those that servers share.
  init(_ secrets: ClusterSecrets, issuer: String) {
    authorities = AuthorityKeeper(shared: secrets.authorities, commonName: Self.authorityName)
    tokens = ServiceAccountTokens(issuer: issuer, key: secrets.accountKey)
  }

  private static func accountKey(_ directory: String) -> String { "\(directory)/sa.key" }

  /// What a directory holds; nil where it holds none. Blocks.
  static func present(in directory: String) throws -> (authorities: [Authority], accountKey: TokenSigningKey)? {
    guard FileSystem.exists("\(directory)/ca.key"), FileSystem.exists(accountKey(directory)) else { return nil }
    let keeper = try AuthorityKeeper(directory: directory, commonName: authorityName)
    return (keeper.authorities, try TokenSigningKey(path: accountKey(directory)))
  }

  /// A certificate for the server itself. It is not kept: each start makes a new one.
  func serverCertificate(_ address: ServerAddress) throws -> IssuedCertificate {
    try authorities.signer.issueServerCertificate(
      commonName: "kube-apiserver", names: address.names, addresses: address.addresses, lifetime: Self.year)
  }

  /// A certificate for the cluster's administrator.
  func administratorCertificate() throws -> IssuedCertificate {
    try authorities.signer.issueClientCertificate(
      commonName: "system:admin", organizations: ["system:masters"], lifetime: Self.year)
  }
}
