import APIMachinery

/// What is known of the objects of other servers, and what news come to: the part of following them that needs nobody's
/// answer.
struct KnownAggregatedObjects {
  typealias Change = AggregatedObjects.Change
  typealias Resource = AggregatedObjects.Resource

  /// By resource, then by uid.
  private var objects: [Resource: [String: StoredObject]] = [:]

  var resources: Dictionary<Resource, [String: StoredObject]>.Keys { objects.keys }

  /// Compares what is known with all that there is.
  mutating func take(all: [StoredObject], of resource: Resource) -> [Change] {
    let before = objects[resource] ?? [:]
    var now: [String: StoredObject] = [:]
    for object in all { now[object.header.uid] = object }
    objects[resource] = now
    let news = all.filter { before[$0.header.uid]?.bytes != $0.bytes }.map {
      Change(resource: resource, current: $0, previous: before[$0.header.uid])
    }
    return news + removals(of: before.values.filter { now[$0.header.uid] == nil }, resource)
  }

  /// - Returns: nothing where the event says what is known already.
  mutating func take(_ event: AggregatedObjects.Event, of resource: Resource) -> Change? {
    guard let object = event.object else { return nil }
    let uid = object.header.uid
    let before = objects[resource]?[uid]
    if event.isRemoval {
      objects[resource]?[uid] = nil
      return Change(resource: resource, current: nil, previous: before ?? object)
    }
    objects[resource, default: [:]][uid] = object
    return before?.bytes == object.bytes ? nil : Change(resource: resource, current: object, previous: before)
  }

  /// A resource is gone with all its objects.
  mutating func forget(_ resource: Resource) -> [Change] {
    removals(of: objects.removeValue(forKey: resource).map { Array($0.values) } ?? [], resource)
  }

  private func removals(of objects: [StoredObject], _ resource: Resource) -> [Change] {
    objects.sorted { $0.header.uid < $1.header.uid }.map {
      Change(resource: resource, current: nil, previous: $0)
    }
  }
}
