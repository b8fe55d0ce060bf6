import SwiftASN1
import X509

extension IssuedCertificate {
  /// A certificate, the first of several, and its key.
  /// - Throws: `malformed`, or `mismatch` where they do not belong together.
  public init(certificatePEM: String, keyPEM: String) throws(PKIError) {
    let certificate: Certificate
    let key: Certificate.PrivateKey
    do {
      certificate = try Certificate(pemEncoded: certificatePEM)
      key = try Certificate.PrivateKey(pemEncoded: keyPEM)
    } catch {
      throw PKIError(.malformed, "the certificate or its key cannot be read", cause: error)
    }
    guard certificate.publicKey == key.publicKey else {
      throw PKIError(.mismatch, "the key is not that of the certificate")
    }
    self.init(
      certificatePEM: certificatePEM, keyPEM: keyPEM, notBefore: certificate.notValidBefore.seconds,
      notAfter: certificate.notValidAfter.seconds)
  }
}
