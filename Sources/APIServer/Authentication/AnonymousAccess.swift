import APIMachinery
import Synchronization

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

/// What holds of requests that say nothing of their sender, while it may change.
public final class AnonymousRule: Sendable {
  private let present: Mutex<AnonymousAccess>

  public init(_ access: AnonymousAccess = .everywhere) { present = Mutex(access) }

  /// From the next request on another one holds.
  public func replace(by access: AnonymousAccess) { present.withLock { $0 = access } }

  func allows(_ path: String) -> Bool { present.withLock { $0 }.allows(path) }
}
