import APIMachinery

/// Rules of requests for certificates (pkg/apis/certificates/validation). The request itself is judged by who knows
/// certificates.
enum CertificateRequestValidation {
  private static let usages: Set<String> = [
    "signing", "digital signature", "content commitment", "key encipherment", "key agreement", "data encipherment",
    "cert sign", "crl sign", "encipher only", "decipher only", "any", "server auth", "client auth", "code signing",
    "email protection", "s/mime", "ipsec end system", "ipsec tunnel", "ipsec user", "timestamping", "ocsp signing",
    "microsoft sgc", "netscape sgc",
  ]

  /// Of a signer's name: a domain, and a path that has room for a namespace and a name.
  private static let longestDomain = 253
  private static let longestPath = 253 + 1 + 63

  static func validate(_ new: JSONValue, _ old: JSONValue?, subresource: String, _ findings: inout Findings) {
    if old == nil { specification(new["spec"] ?? [:], &findings) }
    conditions(new["status"] ?? [:], &findings)
    if let old { update(new["status"] ?? [:], old["status"] ?? [:], subresource, &findings) }
  }

  private static func specification(_ spec: JSONValue, _ findings: inout Findings) {
    let path = FieldPath("spec")
    let all = spec.items("usages")
    if all.isEmpty { findings.required(path.child("usages")) }
    for (index, usage) in all.enumerated() {
      if !usages.contains(usage.stringValue ?? "") {
        findings.add(.notSupported(path.child("usages").index(index), usage, usages.sorted()))
      }
    }
    var known: Set<JSONValue> = []
    for (index, usage) in all.enumerated() where !known.insert(usage).inserted {
      findings.add(.duplicate(path.child("usages").index(index), usage))
    }
    signer(spec.text("signerName"), path.child("signerName"), &findings)
    if let seconds = spec["expirationSeconds"]?.integerValue, seconds < 600 {
      findings.invalid(
        path.child("expirationSeconds"), .integer(seconds),
        "may not specify a duration less than 600 seconds (10 minutes)")
    }
  }

  private static func signer(_ name: String, _ path: FieldPath, _ findings: inout Findings) {
    guard !name.isEmpty else { return }
    if name == "kubernetes.io/legacy-unknown" {
      return findings.invalid(path, .string(name), "the legacy signerName is not allowed via this API version")
    }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 else {
      return findings.invalid(
        path, .string(name), "must be a fully qualified domain and path of the form 'example.com/signer-name'")
    }
    let (domain, rest) = (parts[0], parts[1])
    let labels = domain.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    for label in labels {
      for problem in NameRules.dns1123Label(label) {
        findings.invalid(path, .string(domain), "validating label \"\(label)\": \(problem)")
      }
    }
    if labels.count < 2 {
      findings.invalid(
        path, .string(domain), "should be a domain with at least two segments separated by dots")
    }
    for label in rest.split(separator: ".", omittingEmptySubsequences: false).map(String.init) {
      for problem in NameRules.dns1123Subdomain(label) {
        findings.invalid(path, .string(rest), "validating label \"\(label)\": \(problem)")
      }
    }
    if domain.utf8.count > longestDomain || rest.utf8.count > longestPath {
      findings.add(.tooLong(path, maximumBytes: longestDomain + 1 + longestPath))
    }
  }

  private static func conditions(_ status: JSONValue, _ findings: inout Findings) {
    let path = FieldPath("status", "conditions")
    var seen: Set<String> = []
    for (index, condition) in status.items("conditions").enumerated() {
      let (type, value) = (condition.text("type"), condition.text("status"))
      let place = path.index(index)
      if type.isEmpty { findings.required(place.child("type")) }
      let values = ["Approved", "Denied", "Failed"].contains(type) ? ["True"] : ["False", "True", "Unknown"]
      if value.isEmpty {
        findings.required(place.child("status"))
      } else if !values.contains(value) {
        findings.add(.notSupported(place.child("status"), .string(value), values))
      }
      let opposite = ["Approved": "Denied", "Denied": "Approved"][type]
      if let opposite, seen.contains(opposite) {
        findings.invalid(
          place.child("type"), .string(type), "Approved and Denied conditions are mutually exclusive")
      }
      if !seen.insert(type).inserted { findings.add(.duplicate(place.child("type"), .string(type))) }
    }
  }

  private static func shown(_ conditions: [JSONValue]) -> String {
    JSONValue.array(conditions.map { InternalForm.of($0, "certificates.CertificateSigningRequestCondition") })
      .goIndented
  }

  /// What may change, and where.
  private static func update(
    _ new: JSONValue, _ old: JSONValue, _ subresource: String, _ findings: inout Findings
  ) {
    let path = FieldPath("status", "conditions")
    func conditions(_ status: JSONValue, _ type: String) -> [JSONValue] {
      status.items("conditions").filter { $0.text("type") == type }
    }
    for type in ["Approved", "Denied", "Failed"] {
      let (before, after) = (conditions(old, type), conditions(new, type))
      if after.count < before.count {
        findings.forbidden(path, "updates may not remove a condition of type \"\(type)\"")
        continue
      }
      guard type != "Failed", subresource != "approval" else { continue }
      if after.count > before.count {
        findings.forbidden(path, "updates may not add a condition of type \"\(type)\"")
      } else if after != before {
        let change = UnifiedDiff.text(from: Self.shown(before), to: Self.shown(after))
        findings.forbidden(path, "updates may not modify a condition of type \"\(type)\"\n\(change)")
      }
    }
    let (before, after) = (old.text("certificate"), new.text("certificate"))
    guard before != after else { return }
    if subresource != "status" {
      findings.forbidden(FieldPath("status", "certificate"), "updates may not set certificate content")
    } else if !before.isEmpty {
      findings.forbidden(FieldPath("status", "certificate"), "updates may not modify existing certificate content")
    }
  }
}
