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

  /// The same as they came together.
  public let batches: AsyncStream<Batch>

  public init(_ batches: AsyncStream<Batch>) { self.batches = batches }

  public func makeAsyncIterator() -> Iterator { Iterator(batches: batches.makeAsyncIterator()) }

  public struct Iterator: AsyncIteratorProtocol {
    fileprivate var batches: AsyncStream<Batch>.Iterator
    private var rest: Batch.SubSequence?

    fileprivate init(batches: AsyncStream<Batch>.Iterator) { self.batches = batches }

    public mutating func next(isolation actor: isolated (any Actor)?) async -> ClusterChange? {
      while !Task.isCancelled {
        if let change = rest?.popFirst() { return change }
        // What was told is held no longer than until the next is waited for.
        rest = nil
        guard let batch = await batches.next(isolation: actor) else { return nil }
        rest = batch[...]
      }
      return nil
    }

    public mutating func next() async -> ClusterChange? { await next(isolation: nil) }
  }
}
