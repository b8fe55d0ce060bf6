import APIMachinery

/// Changes of one resource's objects that came together, in their order: those of one revision, or all objects that are there
/// as additions.
public struct ObjectChanges: Sendable, RandomAccessCollection {
  private enum Source {
    case additions([CachedObject])
    case events([ObjectEvent])
  }
  private let source: Source

  init(additions objects: [CachedObject]) { source = .additions(objects) }

  init(_ events: [ObjectEvent]) { source = .events(events) }

  public var startIndex: Int { 0 }
  public var endIndex: Int {
    switch source {
    case .additions(let objects): objects.count
    case .events(let events): events.count
    }
  }

  /// What an object is since, nil where it is gone, and what it was, nil where it was made.
  public subscript(position: Int) -> (current: StoredObject?, previous: StoredObject?) {
    switch source {
    case .additions(let objects): (objects[position].object, nil)
    case .events(let events): (events[position].current?.object, events[position].previous?.object)
    }
  }
}
