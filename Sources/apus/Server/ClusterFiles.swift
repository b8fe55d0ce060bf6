import AsyncWork
import Linux
import PKI

/// The cluster's secrets on disk: made when they are missing. Only root may read them.
struct ClusterFiles: Sendable {
  private static let year: Int64 = 365 * 86_400

  let authorities: AuthorityKeeper
  let frontProxy: FrontProxyFiles
  let tokenKeys: TokenKeyKeeper
  let tokens: ServiceAccountTokens

  /// Reads what is there and makes what is not. Blocks.
  init(directory: String, issuer: String) throws {
    try FileSystem.makeDirectories(directory, mode: 0o700)
    authorities = try AuthorityKeeper(directory: directory, commonName: "apus-ca")
    try authorities.makeNextIfDue()
    frontProxy = try FrontProxyFiles(directory: directory)
    let keys = try TokenKeyKeeper(directory: directory)
    tokenKeys = keys
    tokens = ServiceAccountTokens(issuer: issuer) { keys.keys }
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
