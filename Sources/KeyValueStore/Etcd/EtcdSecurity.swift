import Linux
import NIOSSL

extension EtcdConfiguration.TLS {
  /// The same in the words of NIOSSL. Reads the files, which are small.
  /// - Throws: `.failed` that names the file which cannot be used.
  func context() throws(StoreError) -> NIOSSLContext {
    let configuration = try configuration()
    do { return try NIOSSLContext(configuration: configuration) } catch {
      throw StoreError(
        .failed, "the certificates for etcd cannot be used: \(error); do the certificate and its key belong together?",
        cause: error)
    }
  }

  private func configuration() throws(StoreError) -> TLSConfiguration {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.applicationProtocols = ["h2"]
    configuration.minimumTLSVersion = .tlsv12
    if let authorities {
      configuration.trustRoots = .certificates(try Self.certificates(authorities))
    }
    guard (certificate == nil) == (key == nil) else {
      throw StoreError(.failed, "a client certificate for etcd needs its key, and a key its certificate: name both")
    }
    if let certificate, let key {
      configuration.certificateChain = try Self.certificates(certificate).map { .certificate($0) }
      do {
        configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: try FileSystem.read(key), format: .pem))
      } catch { throw StoreError(.failed, "\(key) holds no key in PEM format: \(error)", cause: error) }
    }
    return configuration
  }

  private static func certificates(_ path: String) throws(StoreError) -> [NIOSSLCertificate] {
    do {
      let certificates = try NIOSSLCertificate.fromPEMBytes(try FileSystem.read(path))
      guard !certificates.isEmpty else { throw StoreError(.failed, "\(path) holds no certificate") }
      return certificates
    } catch let error as StoreError { throw error } catch {
      throw StoreError(.failed, "\(path) holds no certificate in PEM format: \(error)", cause: error)
    }
  }
}
