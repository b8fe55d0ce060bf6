import APIMachinery

/// Which requests are nobody's that say nothing of their sender; all others are refused.
public struct AnonymousAccess: Sendable, Equatable {
  private let isEnabled: Bool
  /// Empty for all.
  private let paths: Set<String>

  public static let everywhere = AnonymousAccess(isEnabled: true)
  public static let nowhere = AnonymousAccess(isEnabled: false)

  /// - Parameter paths: the only ones; empty for all.
  public init(isEnabled: Bool, paths: Set<String> = []) {
    self.isEnabled = isEnabled
    self.paths = paths
  }

  func allows(_ path: String) -> Bool { isEnabled && (paths.isEmpty || paths.contains(path)) }
}
