import Crypto
import FoundationEssentials

extension BootstrapToken {
  /// Signs a text for whoever knows the token: a detached JSON Web Signature with HMAC-SHA256, whose middle part is left
  /// out (RFC 7515, appendix F; Kubernetes, "ConfigMap Signing").
  public func signature(of content: String) throws(PKIError) -> String {
    struct Header: Codable {
      let alg: String
      let kid: String
    }
    let header = Base64URL.encode(try TokenJSON.encode(Header(alg: "HS256", kid: id)))
    let message = "\(header).\(Base64URL.encode(content.utf8))"
    let code = HMAC<SHA256>.authenticationCode(
      for: Data(message.utf8), using: SymmetricKey(data: Data(secret.utf8)))
    return "\(header)..\(Base64URL.encode(code))"
  }
}
