/// A check of something that is no part of the server itself.
public struct ServerHealthCheck: Sendable {
  let name: String
  /// What is wrong; nil: nothing.
  let problem: @Sendable () async -> String?

  public init(name: String, problem: @escaping @Sendable () async -> String?) {
    self.name = name
    self.problem = problem
  }
}
