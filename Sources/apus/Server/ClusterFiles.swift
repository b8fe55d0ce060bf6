import APIMachinery
import AsyncWork
import ContainerEngine
import Linux
import PKI

/// The cluster's secrets on disk: made when they are missing, renewed long before they end. Only root may read them.
struct ClusterFiles {
  private static let year: Int64 = 365 * 86_400
  /// What is left of a certificate's time when a new one is made.
  private static let renewal: Int64 = 120 * 86_400

  let directory: String
  let authority: CertificateAuthority
  let tokens: AccountTokens

  var authorityPEM: String { authority.certificatePEM }

  /// Reads what is there and makes what is not. Blocks.
  init(directory: String, issuer: String, now: Int64) throws {
    self.directory = directory
    try FileSystem.makeDirectories(directory, mode: 0o700)
    let (certificate, key) = ("\(directory)/ca.crt", "\(directory)/ca.key")
    if FileSystem.exists(key) {
      authority = try CertificateAuthority(
        certificatePEM: try FileSystem.readText(certificate), privateKeyPEM: try FileSystem.readText(key))
    } else {
      authority = try CertificateAuthority(commonName: "apus-ca", now: now, lifetime: 10 * Self.year)
      // The key comes last: where it is there, the certificate is too.
      try Self.write(certificate, authority.certificatePEM)
      try Self.write(key, authority.privateKeyPEM)
    }
    let tokenKey = "\(directory)/sa.key"
    if FileSystem.exists(tokenKey) {
      tokens = try AccountTokens(issuer: issuer, keyPEM: try FileSystem.readText(tokenKey))
    } else {
      tokens = try AccountTokens(issuer: issuer)
      try Self.write(tokenKey, tokens.keyPEM)
    }
  }

  private static func write(_ path: String, _ text: String) throws {
    try FileSystem.replace(path, Array(text.utf8), mode: 0o600, durable: true)
  }

  /// A certificate for the server itself. It is not kept: each start makes a new one.
  func server(names: [String], addresses: [[UInt8]], now: Int64) throws -> CertificateAuthority.Issued {
    try authority.issue(
      commonName: "kube-apiserver", for: .server(names: names, addresses: addresses), now: now, lifetime: Self.year)
  }

  /// Seconds after which a certificate is to be replaced.
  static func renewalDelay(of issued: CertificateAuthority.Issued, now: Int64) -> Int64 {
    max(60, issued.notAfter - renewal - now)
  }

  /// Writes a kubeconfig for the cluster's administrator.
  /// - Parameter server: the URL.
  func writeKubeconfig(_ path: String, server: String, now: Int64) throws {
    let client = try authority.issue(
      commonName: "system:admin", organizations: ["system:masters"], for: .client, now: now, lifetime: Self.year)
    let text = """
      apiVersion: v1
      kind: Config
      clusters:
      - name: apus
        cluster:
          server: \(server)
          certificate-authority-data: \(Kubeconfig.base64(authority.certificatePEM))
      users:
      - name: apus-admin
        user:
          client-certificate-data: \(Kubeconfig.base64(client.certificatePEM))
          client-key-data: \(Kubeconfig.base64(client.privateKeyPEM))
      contexts:
      - name: apus
        context:
          cluster: apus
          user: apus-admin
      current-context: apus

      """
    try FileSystem.makeDirectories(FileSystem.directory(of: path))
    do { try Self.write(path, text) } catch let error as SystemError where error.code == .noSpace {
      // A full disk takes no writes, which is no reason not to read: the file of the last start serves for that.
      guard FileSystem.exists(path) else { throw error }
      Log.warning("the disk is full: \(path) stays as the last start has left it")
    }
  }
}
