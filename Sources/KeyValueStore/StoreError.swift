/// Why the store refused.
public struct StoreError: Error, Sendable, CustomStringConvertible {
  public struct Code: Sendable, Equatable {
    private enum Value {
      case conflict, full, damaged, closed, unavailable, denied, malformed, compacted, future, leaseGone, invalid, busy
      case failed
    }
    private let value: Value
    /// A precondition did not hold; nothing was written. `StoreError.conflict` tells which, and what is there instead.
    public static let conflict = Code(value: .conflict)
    /// The disk, or the quota of a distributed store, is full; nothing was written, reads go on.
    public static let full = Code(value: .full)
    /// The file is no database or is broken.
    public static let damaged = Code(value: .damaged)
    /// The store was closed.
    public static let closed = Code(value: .closed)
    /// No member of a distributed store answers; whether the last change was applied is not known.
    public static let unavailable = Code(value: .unavailable)
    /// A distributed store does not know us, or does not let us do this.
    public static let denied = Code(value: .denied)
    /// What answered is no store, or one that speaks another language.
    public static let malformed = Code(value: .malformed)
    /// The revision that was asked for is not kept any more: list again.
    public static let compacted = Code(value: .compacted)
    /// The revision that was asked for does not exist yet.
    public static let future = Code(value: .future)
    /// The lease has run out, and its keys with it.
    public static let leaseGone = Code(value: .leaseGone)
    /// The request contradicts itself (one key changed twice in a transaction, say); nothing was written.
    public static let invalid = Code(value: .invalid)
    /// Another process has the file open.
    public static let busy = Code(value: .busy)
    public static let failed = Code(value: .failed)
  }
  public let code: Code
  public let message: String
  public let cause: (any Error)?

  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String { message }

  /// Which precondition failed, and what is there instead; with the code `.conflict`.
  public var conflict: StoreConflict? { cause as? StoreConflict }
}

/// What a failed precondition found: the cause of a `.conflict`, so that nobody has to read again.
public struct StoreConflict: Error, Sendable, Equatable {
  /// The first precondition that did not hold.
  public let precondition: Precondition
  /// What the key holds; nil where it is absent.
  public let current: KeyValue?
  /// The store's revision when the precondition was looked at.
  public let revision: Int64

  public init(precondition: Precondition, current: KeyValue?, revision: Int64) {
    self.precondition = precondition
    self.current = current
    self.revision = revision
  }

  /// The error that carries it.
  var error: StoreError {
    let found = current.map { "is at revision \($0.modRevision)" } ?? "is absent"
    return StoreError(.conflict, "key \(precondition.key) was changed by somebody else: it \(found)", cause: self)
  }
}
