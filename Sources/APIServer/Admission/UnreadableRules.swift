import APIMachinery

/// Refuses writes while a rule that they would have to obey is in the store and cannot be read: what nobody can read forbids
/// nothing, and must not be taken for a rule that is not there.
public struct UnreadableRules: Admission {
  private static let group = "admissionregistration.k8s.io"
  /// Rules for the whole cluster.
  private static let ofAll = [
    "validatingwebhookconfigurations", "mutatingwebhookconfigurations", "validatingadmissionpolicies",
    "validatingadmissionpolicybindings", "mutatingadmissionpolicies", "mutatingadmissionpolicybindings",
  ].map { "\(StorageLayout.root)\($0)/" }
  /// Rules for one namespace, about what is made and changed in it.
  private static let ofOne = ["resourcequotas", "limitranges"].map { "\(StorageLayout.root)\($0)/" }

  private let store: ClusterStore

  public init(_ store: ClusterStore) { self.store = store }

  public func mutate(_ request: inout AdmissionRequest) throws { try check(request) }
  public func validate(_ request: AdmissionRequest) throws { try check(request) }

  private func check(_ request: AdmissionRequest) throws(StatusError) {
    // What the server itself does goes on, and so does what can mend it.
    guard store.hasUnreadable, request.user != .server, request.resource.resource.group != Self.group,
      request.options?[DeleteOptions.ignoresReadErrorName] == nil
    else { return }
    var rules = Self.ofAll.lazy.compactMap { store.cache(of: $0).unreadable().first }.first
    if rules == nil, !request.namespace.isEmpty, request.operation == .create || request.operation == .update {
      rules =
        Self.ofOne.lazy.compactMap { store.cache(of: $0).unreadable(below: "\($0)\(request.namespace)/").first }.first
    }
    guard let rule = rules else { return }
    throw .forbidden(
      request.resource.groupResource, request.name, "not yet ready to handle request: \(rule.why)")
  }
}
