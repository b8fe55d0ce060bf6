import APIMachinery

/// Groups of the project's own, which nobody else defines kinds in unless somebody has approved it (KEP-1111).
public enum GroupApproval: Sendable, Equatable {
  case missing, invalid
  /// Whoever defines the kind says that it is not approved.
  case bypassed(String)
  case approved(String)

  public static let annotation = "api-approved.kubernetes.io"
  private static let discussion = "see https://github.com/kubernetes/enhancements/pull/1111"

  /// Whether a group's name is one of the community's own: definitions of such groups need an approval.
  public static func isNeeded(for group: String) -> Bool {
    ["k8s.io", "kubernetes.io"].contains { group == $0 || group.hasSuffix(".\($0)") }
  }

  /// - Parameter definition: a CustomResourceDefinition.
  public init(_ definition: JSONValue) {
    let text = definition["metadata"]?["annotations"]?.text(Self.annotation) ?? ""
    if text.isEmpty {
      self = .missing
    } else if text.hasPrefix("unapproved") {
      self = .bypassed(text)
    } else {
      self = Self.isURL(text) ? .approved(text) : .invalid
    }
  }

  /// What it is, in words.
  public var reason: String {
    let needed = "protected groups must have approval annotation \(Self.annotation.goQuoted)"
    return switch self {
    case .missing: "\(needed), \(Self.discussion)"
    case .invalid: "\(needed) with either a URL or a reason starting with \"unapproved\", \(Self.discussion)"
    case .bypassed(let text): "not approved: \(text.goQuoted)"
    case .approved(let text): "approved in \(text)"
    }
  }

  /// Whether a text is a URL with a host.
  private static func isURL(_ text: String) -> Bool {
    guard let end = text.firstRange(of: "://"), let first = text.utf8.first, (0x61...0x7A).contains(first | 0x20),
      !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F })
    else { return false }
    let scheme = text[..<end.lowerBound]
    let host = text[end.upperBound...].prefix { $0 != "/" && $0 != "?" }
    return !host.isEmpty
      && scheme.utf8.allSatisfy {
        (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || "+-.".utf8.contains($0)
      }
  }

  /// Of a change only one of the approval is judged.
  static func validate(_ new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    guard isNeeded(for: new.text("spec", "group")) else { return }
    let approval = GroupApproval(new)
    if let old, GroupApproval(old).isSameState(as: approval) { return }
    let path = FieldPath("metadata", "annotations").key(annotation)
    switch approval {
    case .missing: findings.required(path, approval.reason)
    case .invalid:
      findings.invalid(path, new["metadata"]?["annotations"]?[annotation], approval.reason)
    case .bypassed, .approved: break
    }
  }

  private func isSameState(as other: GroupApproval) -> Bool {
    switch (self, other) {
    case (.missing, .missing), (.invalid, .invalid), (.bypassed, .bypassed), (.approved, .approved): true
    default: false
    }
  }
}
