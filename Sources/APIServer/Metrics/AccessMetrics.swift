import Synchronization

/// Counts how senders of requests were known, and what they were allowed.
final class AccessMetrics: Sendable {
  /// What came of the question who sends a request.
  enum Authentication: String, Sendable, CaseIterable { case error, failure, success }

  /// What came of the question whether they may.
  enum Authorization: String, Sendable, CaseIterable {
    case allowed, denied, error
    case noOpinion = "no-opinion"
  }

  /// A millisecond and up, each twice as long.
  private static let bounds = (0..<15).map { 0.001 * Double(1 << $0) }
  /// Names that every cluster may have; others are nobody's business.
  private static let knownNames: Set<String> = [
    "admin", "client", "kube_proxy", "kubelet", "system:serviceaccount:kube-system:default",
  ]

  private struct State {
    var users: [String: Int] = [:]
    var authentications: [Authentication: Histogram] = [:]
    var authorizations: [Authorization: Histogram] = [:]
  }

  private let state = Mutex(State())

  /// - Parameter user: the name of who was known.
  func note(_ outcome: Authentication, user: String?, after duration: Duration) {
    state.withLock { state in
      state.authentications[outcome, default: Histogram(Self.bounds)].observe(duration)
      guard let user else { return }
      let name = Self.knownNames.contains(user) ? user : user.utf8.contains(UInt8(ascii: "@")) ? "email_id" : "other"
      state.users[name, default: 0] += 1
    }
  }

  func note(_ decision: Decision, after duration: Duration) {
    let outcome: Authorization =
      switch decision {
      case .allowed: .allowed
      case .denied: .denied
      case .noOpinion: .noOpinion
      case .failed: .error
      }
    state.withLock { $0.authorizations[outcome, default: Histogram(Self.bounds)].observe(duration) }
  }

  func write(_ text: inout MetricsText) {
    let state = state.withLock { $0 }
    text.begin("authenticated_user_requests", "counter", "Requests whose sender was known, by sorts of names.")
    for (name, count) in state.users.sorted(by: { $0.key < $1.key }) {
      text.add("authenticated_user_requests", [("username", name)], count)
    }
    Self.write("authentication_attempts", "authentication_duration_seconds", state.authentications, &text)
    Self.write("authorization_attempts_total", "authorization_duration_seconds", state.authorizations, &text)
  }

  private static func write<Outcome: RawRepresentable & Hashable & CaseIterable>(
    _ counter: String, _ duration: String, _ known: [Outcome: Histogram], _ text: inout MetricsText
  ) where Outcome.RawValue == String {
    text.begin(counter, "counter", "How often the question was asked, by its outcome.")
    for outcome in Outcome.allCases {
      if let histogram = known[outcome] { text.add(counter, [("result", outcome.rawValue)], histogram.count) }
    }
    text.begin(duration, "histogram", "How long the answer took, by its outcome.")
    for outcome in Outcome.allCases {
      if let histogram = known[outcome] { text.add(duration, [("result", outcome.rawValue)], histogram) }
    }
  }
}
