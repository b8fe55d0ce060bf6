import APIMachinery

/// What a CustomResourceDefinition says of its approval by Kubernetes' community, whose groups are not for everybody
/// (annotation `api-approved.kubernetes.io`).
public struct APIApproval: Sendable {
  public enum State: Sendable {
    case missing, invalid, bypassed, approved
  }

  static let annotation = "api-approved.kubernetes.io"
  private static let site = "https://github.com/kubernetes/enhancements/pull/1111"

  public let state: State
  /// The annotation's value.
  let text: String

  public init(_ definition: JSONValue) {
    text = definition["metadata"]?["annotations"]?[Self.annotation]?.stringValue ?? ""
    if text.isEmpty {
      state = .missing
    } else if text.hasPrefix("unapproved") {
      state = .bypassed
    } else {
      let parts = text.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
      let isAddress = parts.count >= 3 && parts[0].hasSuffix(":") && parts[0].utf8.count > 1 && parts[1].isEmpty
      state = isAddress && !parts[2].isEmpty ? .approved : .invalid
    }
  }

  /// Whether definitions of a group need an approval.
  public static func isNeeded(_ group: String) -> Bool {
    ["k8s.io", "kubernetes.io"].contains { group == $0 || group.hasSuffix("." + $0) }
  }

  /// What there is to say of the state.
  public var explanation: String {
    let wanted = "protected groups must have approval annotation \(Self.annotation.goQuoted)"
    return switch state {
    case .missing: "\(wanted), see \(Self.site)"
    case .invalid: "\(wanted) with either a URL or a reason starting with \"unapproved\", see \(Self.site)"
    case .bypassed: "not approved: \(text.goQuoted)"
    case .approved: "approved in \(text)"
    }
  }
}
