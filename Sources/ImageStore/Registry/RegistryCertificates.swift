import Linux
import NIOSSL

/// The certificates that the operator keeps for one registry, in Docker's layout
/// (docs.docker.com/engine/security/certificates): in a directory named `host` or `host:port`, each `*.crt` holds
/// authorities that are trusted besides the system's, and each pair of `NAME.cert` and `NAME.key` is a certificate to
/// show to the registry.
struct RegistryCertificates: Sendable {
  struct Pair: Sendable {
    var chain: [NIOSSLCertificate]
    var key: NIOSSLPrivateKey
  }
  var authorities: [NIOSSLCertificate] = []
  /// In the order of their names, which is the order in which a registry is shown them.
  var pairs: [Pair] = []

  /// No certificate file is larger; a whole bundle of public authorities has a quarter of a megabyte.
  private static let maximumSize = 8 << 20

  /// Reads a registry's directory; where there is none, nothing is special about the registry. Blocks.
  /// - Throws: `ImageStoreError` that names the file.
  init(directory: String) throws(ImageStoreError) {
    let names: [String]
    do { names = try FileSystem.list(directory).sorted() } catch {
      if error.code == .noEntry { return }
      throw ImageStoreError(.failed, "open \(directory): \(error.code)", cause: error)
    }
    for name in names {
      if name.hasSuffix(".crt") {
        authorities += try Self.certificates(directory + "/" + name)
      } else if name.hasSuffix(".cert") {
        let key = name.dropLast(5) + ".key"
        guard names.contains(String(key)) else {
          throw ImageStoreError(
            .invalid,
            "missing key \(key) for client certificate \(name). CA certificates must use the extension .crt")
        }
        pairs.append(try Self.pair(directory + "/" + name, directory + "/" + key))
      } else if name.hasSuffix(".key") {
        let certificate = name.dropLast(4) + ".cert"
        guard names.contains(String(certificate)) else {
          throw ImageStoreError(.invalid, "missing client certificate \(certificate) for key \(name)")
        }
      }
    }
  }

  /// What TLS is to be spoken with: one configuration for each certificate to show, or one without. Empty where nothing
  /// is special about the registry.
  var configurations: [TLSConfiguration] {
    if authorities.isEmpty && pairs.isEmpty { return [] }
    var base = TLSConfiguration.makeClientConfiguration()
    if !authorities.isEmpty { base.additionalTrustRoots = [.certificates(authorities)] }
    if pairs.isEmpty { return [base] }
    return pairs.map { pair in
      var configuration = base
      configuration.certificateChain = pair.chain.map { .certificate($0) }
      configuration.privateKey = .privateKey(pair.key)
      return configuration
    }
  }

  private static func certificates(_ path: String) throws(ImageStoreError) -> [NIOSSLCertificate] {
    let bytes = try contents(path)
    do { return try NIOSSLCertificate.fromPEMBytes(bytes) } catch {
      throw ImageStoreError(.invalid, "\(path): tls: failed to find any valid certificate in PEM format", cause: error)
    }
  }

  private static func pair(_ certificate: String, _ key: String) throws(ImageStoreError) -> Pair {
    let chain = try certificates(certificate)
    let bytes = try contents(key)
    let privateKey: NIOSSLPrivateKey
    do { privateKey = try NIOSSLPrivateKey(bytes: bytes, format: .pem) } catch {
      throw ImageStoreError(
        .invalid, "\(key): tls: failed to find a valid private key in PEM format, without a passphrase", cause: error)
    }
    // Said here, where the files' names are known; no roots are loaded for it.
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.trustRoots = .certificates([])
    configuration.certificateChain = chain.map { .certificate($0) }
    configuration.privateKey = .privateKey(privateKey)
    do { _ = try NIOSSLContext(configuration: configuration) } catch {
      throw ImageStoreError(
        .invalid, "\(key): tls: private key does not match the public key of \(certificate)", cause: error)
    }
    return Pair(chain: chain, key: privateKey)
  }

  private static func contents(_ path: String) throws(ImageStoreError) -> [UInt8] {
    let bytes: [UInt8]
    do { bytes = try FileSystem.read(path, limit: maximumSize) } catch {
      throw ImageStoreError(.failed, "open \(path): \(error.code)", cause: error)
    }
    // The parsers take no empty buffer.
    guard !bytes.isEmpty else { throw ImageStoreError(.invalid, "\(path): tls: the file is empty") }
    return bytes
  }
}
