import APIMachinery
import HTTPService
import Synchronization

/// Answers the questions that expressions ask of the authorizer. Expressions do not wait: one that asks what is not known yet is
/// stopped, the question is answered, and it is begun anew.
final class AuthorizationQuestions: CELAuthorizer {
  private struct State {
    var answers: [CELAuthorizationCheck: CELAuthorizationDecision] = [:]
    var open: [CELAuthorizationCheck] = []
  }

  private let state = Mutex(State())
  private let user: User
  private let authorizer: any Authorizer

  init(_ authorizer: any Authorizer, user: User) {
    self.authorizer = authorizer
    self.user = user
  }

  func decide(_ check: CELAuthorizationCheck) throws -> CELAuthorizationDecision {
    let answer = state.withLock { state in
      if state.answers[check] == nil { state.open.append(check) }
      return state.answers[check]
    }
    guard let answer else { throw CELEvaluationError.suspended }
    return answer
  }

  /// Answers what has been asked since. Returns whether there was anything.
  func answer() async -> Bool {
    let open = state.withLock { state in
      defer { state.open = [] }
      return state.open
    }
    for check in open {
      let decision = await authorizer.authorize(subject(of: check), Self.request(check))
      let answer =
        switch decision {
        case .allowed(let reason): CELAuthorizationDecision(isAllowed: true, reason: reason)
        case .denied(let reason), .noOpinion(let reason): CELAuthorizationDecision(isAllowed: false, reason: reason)
        case .failed(let why, _): CELAuthorizationDecision(isAllowed: false, reason: "", error: why)
        }
      state.withLock { $0.answers[check] = answer }
    }
    return !open.isEmpty
  }

  private func subject(of check: CELAuthorizationCheck) -> User {
    guard let account = check.serviceAccount else { return user }
    return User(
      name: "system:serviceaccount:\(account.namespace):\(account.name)",
      groups: ["system:serviceaccounts", "system:serviceaccounts:\(account.namespace)", "system:authenticated"])
  }

  private static func request(_ check: CELAuthorizationCheck) -> RequestInfo {
    var info = RequestInfo(method: .get, segments: [], query: Query())
    info.verb = check.verb
    if let path = check.path {
      info.path = path
      return info
    }
    info.isResource = true
    info.group = check.group
    info.version = "*"
    info.resource = check.resource
    info.subresource = check.subresource
    info.namespace = check.namespace
    info.name = check.name
    // One that cannot be read narrows nothing: who asks by it sees the answer for everything.
    info.fieldSelector = check.fieldSelector
    info.labelSelector = check.labelSelector
    return info
  }
}
