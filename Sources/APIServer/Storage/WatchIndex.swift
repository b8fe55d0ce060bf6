/// The watches of one resource by what can concern them.
struct WatchIndex {
  private typealias Group = [ObjectIdentifier: CacheWatch]

  private var groups: [WatchScope: Group] = [:]
  /// At which paths the watches look, and how many do.
  private var paths: [[String]: Int] = [:]
  private(set) var count = 0

  mutating func insert(_ watch: CacheWatch) {
    guard groups[watch.scope, default: [:]].updateValue(watch, forKey: ObjectIdentifier(watch)) == nil else { return }
    count += 1
    if case .field(let path, _) = watch.scope { paths[path, default: 0] += 1 }
  }

  mutating func remove(_ watch: CacheWatch) {
    guard groups[watch.scope]?.removeValue(forKey: ObjectIdentifier(watch)) != nil else { return }
    count -= 1
    if groups[watch.scope]?.isEmpty == true { groups[watch.scope] = nil }
    guard case .field(let path, _) = watch.scope, let others = paths[path] else { return }
    paths[path] = others > 1 ? others - 1 : nil
  }

  var all: [CacheWatch] { groups.values.flatMap(\.values) }

  /// Those that any of the changes can concern.
  func watches(of events: [ObjectEvent]) -> [CacheWatch] {
    let ofAll = groups[.everything] ?? [:]
    if groups.count == (ofAll.isEmpty ? 0 : 1) { return Array(ofAll.values) }
    var scopes: Set<WatchScope> = []
    for event in events {
      guard let key = event.current?.key ?? event.previous?.key else { continue }
      scopes.insert(.object(key))
      if let slash = key.utf8.lastIndex(of: UInt8(ascii: "/")) { scopes.insert(.below(String(key[...slash]))) }
      for path in paths.keys {
        // Who watches the value that it had is told that it has it no more.
        for object in [event.current, event.previous] {
          if let object { scopes.insert(.field(path, object.field(path))) }
        }
      }
    }
    return scopes.reduce(into: Array(ofAll.values)) { found, scope in
      if let group = groups[scope] { found += group.values }
    }
  }
}
