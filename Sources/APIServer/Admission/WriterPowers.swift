import APIMachinery

/// What the guards have in common that keep a user from getting more by a write than they have: whom they look at, and how
/// they ask what a user may do.
struct WriterPowers: Sendable {
  private let lateRegistry: @Sendable () -> Registry
  private let authorizer: any Authorizer

  /// - Parameter registry: given late, because the registry holds its admission.
  init(_ registry: @escaping @Sendable () -> Registry, authorizer: any Authorizer) {
    lateRegistry = registry
    self.authorizer = authorizer
  }

  var registry: Registry { lateRegistry() }

  /// The object that a request is about to put into a group's resources; nil where nothing is to be looked at: it removes, it
  /// is of another group, or who sends it may do everything anyway.
  func written(by request: AdmissionRequest, inGroup group: String) -> JSONObject? {
    guard request.resource.groupResource.group == group, request.operation != .delete, request.user != .server,
      !request.user.isAllPowerful
    else { return nil }
    return request.object
  }

  func allows(_ user: User, _ info: RequestInfo) async -> Bool {
    if case .allowed = await authorizer.authorize(user, info) { return true }
    return false
  }
}
