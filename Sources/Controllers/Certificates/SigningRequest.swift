import APIMachinery
import ClusterClient
import FoundationEssentials
import PKI

/// A request for a certificate as its controllers see it (`certificates.k8s.io/v1` CertificateSigningRequest).
struct SigningRequest {
  static let resource = GroupResource(group: "certificates.k8s.io", resource: "certificatesigningrequests")

  let object: StoredObject

  init(_ object: StoredObject) { self.object = object }

  private func text(_ path: String...) -> String { object.value(at: path)?.stringValue ?? "" }

  var signer: String { text("spec", "signerName") }
  var userName: String { text("spec", "username") }
  var usages: [String] { (object.value(at: ["spec", "usages"])?.arrayValue ?? []).compactMap(\.stringValue) }
  var expirationSeconds: Int64? { object.value(at: ["spec", "expirationSeconds"])?.integerValue }

  /// The certificate in PEM; nil where there is none yet.
  var certificate: String? {
    let base64 = text("status", "certificate")
    guard !base64.isEmpty, let data = Data(base64Encoded: base64) else { return nil }
    return String(decoding: data, as: UTF8.self)
  }

  var isIssued: Bool { !text("status", "certificate").isEmpty }

  private var conditions: [JSONValue] { object.value(at: ["status", "conditions"])?.arrayValue ?? [] }

  var hasConditions: Bool { !conditions.isEmpty }

  /// A condition that holds; nil where there is none.
  func condition(_ type: String) -> JSONValue? {
    conditions.first { $0["type"]?.stringValue == type && $0["status"]?.stringValue != "False" }
  }

  var isApproved: Bool { condition("Approved") != nil && condition("Denied") == nil }
  var isDecided: Bool { condition("Approved") != nil || condition("Denied") != nil }
  var hasFailed: Bool { condition("Failed") != nil }

  /// The PKCS #10 request.
  func parse() throws(PKIError) -> CertificateRequest {
    let data = Data(base64Encoded: text("spec", "request")) ?? Data()
    return try CertificateRequest(pem: String(decoding: data, as: UTF8.self))
  }

  /// The object with one more condition.
  func adding(condition type: String, reason: String, message: String) -> JSONObject {
    var tree = object.tree()
    var status = tree["status"]?.objectValue ?? [:]
    status["conditions"] = .array(
      conditions + [
        ["type": .string(type), "status": "True", "reason": .string(reason), "message": .string(message)]
      ])
    tree["status"] = .object(status)
    return tree
  }

  /// The object with a certificate (PEM).
  func adding(certificate: String) -> JSONObject {
    var tree = object.tree()
    var status = tree["status"]?.objectValue ?? [:]
    status["certificate"] = .string(Data(certificate.utf8).base64EncodedString())
    tree["status"] = .object(status)
    return tree
  }
}
