import APIMachinery

/// One change of a resource's objects, as watches tell it.
public final class ObjectEvent: Sendable {
  public let revision: Int64
  /// What the object is since; nil where it was removed.
  public let current: CachedObject?
  /// What it was before; nil where it was made.
  public let previous: CachedObject?

  init(revision: Int64, current: CachedObject?, previous: CachedObject?) {
    self.revision = revision
    self.current = current
    self.previous = previous
  }

  public enum Kind: String, Sendable { case added = "ADDED", modified = "MODIFIED", deleted = "DELETED" }

  /// How the change looks to somebody who sees only the objects that a filter lets through: one that comes to match is
  /// added, one that no longer matches is deleted. Nil where neither side matches.
  func seen(by matches: (CachedObject) -> Bool) -> (Kind, CachedObject)? {
    let before = previous.map(matches) ?? false
    guard let current else {
      return before ? previous.map { (.deleted, $0) } : nil
    }
    return switch (before, matches(current)) {
    case (true, true): (.modified, current)
    case (false, true): (.added, current)
    case (true, false): (.deleted, current)
    case (false, false): nil
    }
  }
}
