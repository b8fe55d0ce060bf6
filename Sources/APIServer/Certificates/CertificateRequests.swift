import APIMachinery
import FoundationEssentials
import PKI

/// What the server itself says and demands of requests for certificates
/// (`certificates.k8s.io/v1` CertificateSigningRequest).
enum CertificateRequests {
  static let resource = GroupResource(group: "certificates.k8s.io", resource: "certificatesigningrequests")

  /// Writes down who asks: what a client says of that counts for nothing.
  static func stamp(_ request: inout JSONObject, _ user: User) {
    var spec = request["spec"]?.objectValue ?? [:]
    spec["username"] = user.name.isEmpty ? nil : .string(user.name)
    spec["uid"] = user.uid.isEmpty ? nil : .string(user.uid)
    spec["groups"] = user.groups.isEmpty ? nil : .array(user.groups.map { .string($0) })
    let extra = user.extra.sorted { $0.key < $1.key }.map { key, values in
      (key, JSONValue.array(values.map { .string($0) }))
    }
    spec["extra"] = extra.isEmpty ? nil : .object(JSONObject(extra))
    request["spec"] = .object(spec)
  }

  /// The PKCS #10 request; nil where there is none that can be read.
  static func parse(_ object: JSONObject) throws(PKIError) -> CertificateRequest {
    try CertificateRequest(pem: text(object["spec"]?["request"]))
  }

  /// What is wrong with the request and with the certificate of an object.
  static func violations(_ new: JSONObject, old: JSONObject?) -> [FieldError] {
    var errors: [FieldError] = []
    // What was good once is not judged again.
    if new["spec"]?["request"] != old?["spec"]?["request"] || old == nil {
      do throws(PKIError) { _ = try parse(new) } catch {
        errors.append(.invalid(FieldPath("spec", "request"), new["spec"]?["request"] ?? .null, error.message))
      }
    }
    let certificate = new["status"]?["certificate"]
    if let certificate, certificate != .string(""), certificate != old?["status"]?["certificate"] {
      do throws(PKIError) { _ = try CertificateChain(pem: text(certificate)) } catch {
        // The text may hold anything, and is not shown.
        errors.append(.invalid(FieldPath("status", "certificate"), "<certificate data>", error.message))
      }
    }
    return errors
  }

  private static func text(_ base64: JSONValue?) -> String {
    guard let data = Data(base64Encoded: base64?.stringValue ?? "") else { return "" }
    return String(decoding: data, as: UTF8.self)
  }
}
