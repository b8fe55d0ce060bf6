import ContainerEngine
import FoundationEssentials
import Linux
import PKI

/// The kubeconfig of the cluster's administrator.
struct Kubeconfig: Sendable {
  let path: String
  /// The server's URL.
  let server: String

  /// Writes the file, whole or not at all. Blocks.
  /// - Parameter authorities: PEM.
  func write(_ certificate: IssuedCertificate, authorities: String) throws {
    let text = """
      apiVersion: v1
      kind: Config
      clusters:
      - name: apus
        cluster:
          server: \(server)
          certificate-authority-data: \(Self.base64(authorities))
      users:
      - name: apus-admin
        user:
          client-certificate-data: \(Self.base64(certificate.certificatePEM))
          client-key-data: \(Self.base64(certificate.keyPEM))
      contexts:
      - name: apus
        context:
          cluster: apus
          user: apus-admin
      current-context: apus

      """
    try FileSystem.makeDirectories(FileSystem.directory(of: path))
    do { try FileSystem.replace(path, Array(text.utf8), mode: 0o600, durable: true) } catch {
      // A full disk takes no writes, which is no reason not to read: the file of the last start serves for that.
      guard error.code == .noSpace, FileSystem.exists(path) else { throw error }
      Log.warning("the disk is full: \(path) stays as the last start has left it")
    }
  }

  /// What anybody may know of the cluster: where it is and whom to trust (ConfigMap `kube-public/cluster-info`).
  static func clusterInfo(server: String, authorities: String) -> String {
    """
    apiVersion: v1
    clusters:
    - cluster:
        certificate-authority-data: \(base64(authorities))
        server: \(server)
      name: ""
    contexts: null
    current-context: ""
    kind: Config
    preferences: {}
    users: null

    """
  }

  private static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
}
