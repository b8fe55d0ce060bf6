/// A certificate and its private key, as they are written into files and given to a listener.
public struct IssuedCertificate: Sendable, Equatable {
  public let certificatePEM: String
  /// PKCS #8.
  public let keyPEM: String
  /// The validity, in seconds since 1970, both ends included.
  public let notBefore: Int64
  public let notAfter: Int64

  public init(certificatePEM: String, keyPEM: String, notBefore: Int64, notAfter: Int64) {
    self.certificatePEM = certificatePEM
    self.keyPEM = keyPEM
    self.notBefore = notBefore
    self.notAfter = notAfter
  }

  /// Reads a certificate (the first of several) and its key from two files; nil where one is not there.
  /// - Throws: `file`, `malformed`, or `mismatch` where they do not belong together: a crash between the writing of one
  ///   and the other leaves such a pair, which is to be issued anew.
  public init?(certificatePath: String, keyPath: String) throws(PKIError) {
    guard let certificate = try PrivateFile.read(certificatePath), let key = try PrivateFile.read(keyPath) else {
      return nil
    }
    try self.init(certificatePEM: certificate, keyPEM: key)
  }

  /// Writes both files, each whole or not at all, the key for its owner only. Blocks until they are on disk.
  public func save(certificatePath: String, keyPath: String) throws(PKIError) {
    try PrivateFile.write(keyPEM, to: keyPath, mode: 0o600)
    try PrivateFile.write(certificatePEM, to: certificatePath, mode: 0o644)
  }
}
