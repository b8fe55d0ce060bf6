import APIMachinery
import NIOCore
import Synchronization

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

  private struct Encoding {
    let kind: Kind
    let isProtobuf: Bool
    let bytes: ByteBuffer
  }
  private let encodings = Mutex<[Encoding]>([])

  /// The change as it is sent, made once for all who want it in the same form.
  func encoding(_ kind: Kind, isProtobuf: Bool, _ make: () -> ByteBuffer?) -> ByteBuffer? {
    encodings.withLock { known in
      if let found = known.first(where: { $0.kind == kind && $0.isProtobuf == isProtobuf }) { return found.bytes }
      guard let bytes = make() else { return nil }
      known.append(Encoding(kind: kind, isProtobuf: isProtobuf, bytes: bytes))
      return bytes
    }
  }

  /// Gives up what was made for sending: who still wants it makes it anew.
  func forgetEncodings() { encodings.withLock { $0 = [] } }

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
    case (true, false): previous.map { (.deleted, $0) }
    case (false, false): nil
    }
  }
}
