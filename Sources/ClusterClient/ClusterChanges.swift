import APIMachinery

/// One change of one object.
public struct ClusterChange: Sendable {
  public let resource: ClusterResource
  /// Nil where the object is gone.
  public let current: StoredObject?
  /// Nil where it was made, or was there before the changes began.
  public let previous: StoredObject?

  public init(resource: ClusterResource, current: StoredObject?, previous: StoredObject?) {
    self.resource = resource
    self.current = current
    self.previous = previous
  }
}

/// Changes of objects one after the other, for one reader; they end when the reading task is cancelled.
///
/// They wait for a slow reader as they came together: all objects that are there in the beginning are one batch.
public struct ClusterChanges: AsyncSequence, Sendable {
  /// Changes that came together. Each is made when it is looked at, so that thousands take no room.
  public struct Batch: Sendable, RandomAccessCollection {
    public let startIndex = 0
    public let endIndex: Int
    private let change: @Sendable (Int) -> ClusterChange

    /// - Parameter change: makes one of them, by its place.
    public init(count: Int, _ change: @escaping @Sendable (Int) -> ClusterChange) {
      endIndex = count
      self.change = change
    }

    public subscript(position: Int) -> ClusterChange { change(position) }
  }

  /// Whoever feeds the queue learns that nobody reads it any more when the last copy of the sequence is gone.
  private final class Reader: Sendable {
    let queue = ChangeQueue()
    deinit { queue.abandon() }
  }
  private let reader = Reader()

  private init() {}

  /// Changes to read, and where they are put.
  public static func make() -> (changes: ClusterChanges, queue: ChangeQueue) {
    let changes = ClusterChanges()
    return (changes, changes.reader.queue)
  }

  /// None, ever.
  public static var none: ClusterChanges {
    let (changes, queue) = make()
    queue.finish()
    return changes
  }

  /// The batches that have come since the last were asked for, together.
  public func nextBatches() async -> [Batch]? { await reader.queue.next() }

  public func makeAsyncIterator() -> Iterator { Iterator(changes: self) }

  public struct Iterator: AsyncIteratorProtocol {
    fileprivate let changes: ClusterChanges
    /// What was read and not told yet, last first.
    private var batches: [Batch] = []
    private var rest: Batch.SubSequence?

    fileprivate init(changes: ClusterChanges) { self.changes = changes }

    public mutating func next() async -> ClusterChange? {
      while !Task.isCancelled {
        if let change = rest?.popFirst() { return change }
        // What was told is held no longer than until the next is waited for.
        rest = nil
        if batches.isEmpty {
          guard let found = await changes.nextBatches() else { return nil }
          batches = found.reversed()
        }
        rest = batches.popLast()?[...]
      }
      return nil
    }
  }
}
