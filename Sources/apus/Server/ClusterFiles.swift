import APIServer
import AsyncWork
import Linux
import PKI

/// The cluster's secrets: on disk, made when they are missing and for root alone to read; or from the store that servers
/// share.
struct ClusterFiles: Sendable {
  static let authorityName = "apus-ca"
  private static let year: Int64 = 365 * 86_400

  let authorities: AuthorityKeeper
  let frontProxy: FrontProxyCertificates
  let tokenKeys: TokenKeyKeeper
  let tokens: ServiceAccountTokens

  /// Reads what is there and makes what is not. Blocks.
  init(directory: String, issuers: (present: String, others: [String])) throws {
    try FileSystem.makeDirectories(directory, mode: 0o700)
    authorities = try AuthorityKeeper(directory: directory, commonName: Self.authorityName)
    try authorities.makeNextIfDue()
    frontProxy = try FrontProxyCertificates(directory: directory)
    let keys = try TokenKeyKeeper(directory: directory)
    tokenKeys = keys
    tokens = ServiceAccountTokens(issuer: issuers.present, otherIssuers: issuers.others) { keys.keys }
  }

  /// Those that servers share.
  init(_ secrets: ClusterSecrets, issuers: (present: String, others: [String])) throws(PKIError) {
    authorities = AuthorityKeeper(shared: secrets.authorities, commonName: Self.authorityName)
    frontProxy = FrontProxyCertificates(shared: secrets.frontProxies)
    let keys = try TokenKeyKeeper(shared: secrets.accountKeys)
    tokenKeys = keys
    tokens = ServiceAccountTokens(issuer: issuers.present, otherIssuers: issuers.others) { keys.keys }
  }

  /// What a cluster of several servers begins with: what a directory holds, and new ones of what it does not, which are
  /// not kept there. Blocks.
  static func first(of directory: String) throws -> ClusterSecrets {
    guard FileSystem.exists("\(directory)/ca.key"), FileSystem.exists("\(directory)/sa.key") else {
      return ClusterSecrets(
        authorities: [try Authority(commonName: authorityName)],
        frontProxies: [try Authority(commonName: FrontProxyCertificates.authorityName)],
        accountKeys: [.init(made: WallClock.system.now)])
    }
    return ClusterSecrets(
      authorities: try AuthorityKeeper(directory: directory, commonName: authorityName).authorities,
      frontProxies: try FrontProxyCertificates(directory: directory).authorities.authorities,
      accountKeys: try TokenKeyKeeper.generations(in: directory))
  }

  /// What brings those up to date that servers share.
  var shared: SharedKeepers {
    SharedKeepers(
      authorities: authorities, frontProxies: frontProxy.authorities, tokenKeys: tokenKeys)
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
