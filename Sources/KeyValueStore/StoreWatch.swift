/// One change, as a watch tells it.
public struct StoreEvent: Sendable, Equatable {
  public let key: String
  /// The store's revision of the change.
  public let revision: Int64
  /// What the key holds since; nil where it was removed.
  public let current: KeyValue?
  /// What it held before; nil where it was absent.
  public let previous: KeyValue?

  public init(key: String, revision: Int64, current: KeyValue?, previous: KeyValue?) {
    self.key = key
    self.revision = revision
    self.current = current
    self.previous = previous
  }

  /// A key was made or changed.
  public static func put(_ current: KeyValue, previous: KeyValue? = nil) -> StoreEvent {
    StoreEvent(key: current.key, revision: current.modRevision, current: current, previous: previous)
  }

  /// A key was removed.
  public static func delete(key: String, revision: Int64, previous: KeyValue? = nil) -> StoreEvent {
    StoreEvent(key: key, revision: revision, current: nil, previous: previous)
  }
}

/// All changes of one revision below the prefix of a watch, in the order of their transaction; or a progress mark.
public struct WatchBatch: Sendable, Equatable {
  public let revision: Int64
  /// Empty for a progress mark: everything up to and including `revision` has been told.
  public let events: [StoreEvent]

  public init(revision: Int64, events: [StoreEvent]) {
    self.revision = revision
    self.events = events
  }

  public var isProgress: Bool { events.isEmpty }
}

/// The changes below a prefix from a revision on: in order, none missing, none twice.
///
/// For one reader. A reader that is slow costs no memory: what is not in memory any more is read from the store again.
/// The sequence ends with nil when the reading task is cancelled or after `cancel`. It throws `.compacted` where a
/// revision that is still to be told is not kept any more (list again, and watch from there), `.closed` with the store,
/// `.damaged`, `.denied` and `.malformed` as reads do. Where no member of a distributed store answers, it waits for one.
public final class StoreWatch: AsyncSequence, Sendable {
  public typealias Element = WatchBatch
  public typealias Failure = StoreError

  private let source: any WatchSource

  public init(_ source: any WatchSource) { self.source = source }

  /// Asks for a progress mark as soon as everything that is committed now has been told: what bookmarks are made of.
  /// Members of etcd whose answer could come too early (before 3.4.25 and 3.5.8) are not asked: there marks come at the
  /// member's own interval only. A mark may be left out: whoever waits for one asks again.
  public func requestProgress() { source.requestProgress() }

  /// Ends the watch; whoever waits for its next batch gets nil.
  public func cancel() { source.cancel() }

  public func makeAsyncIterator() -> Iterator { Iterator(source: source) }

  public struct Iterator: AsyncIteratorProtocol {
    let source: any WatchSource

    public mutating func next(isolation actor: isolated (any Actor)?) async throws(StoreError) -> WatchBatch? {
      try await source.next()
    }

    public mutating func next() async throws(StoreError) -> WatchBatch? { try await source.next() }
  }
}

/// Where a watch gets its batches from: one for each engine.
public protocol WatchSource: Sendable {
  /// Waits for the next batch; nil after `cancel` and in a cancelled task. Not called twice at a time.
  func next() async throws(StoreError) -> WatchBatch?
  func requestProgress()
  func cancel()
}
