import HTTPService
import NIOCore

/// The watches of one resource by what can concern them.
struct WatchIndex {
  private struct Parked {
    struct Member {
      let watch: CacheWatch
      let parking: WatchParking
      /// Up to where the others had been told when it came.
      let start: Int64
    }

    let group = BroadcastGroup()
    var members: [ObjectIdentifier: Member] = [:]
    /// Up to where they have been told.
    var told: Int64 = 0

    mutating func add(_ watch: CacheWatch, _ parking: WatchParking) {
      members[ObjectIdentifier(watch)] = Member(watch: watch, parking: parking, start: told)
      group.add(parking.target) { [weak watch] in watch?.unpark() }
    }

    mutating func remove(_ watch: CacheWatch) -> Member? {
      let member = members.removeValue(forKey: ObjectIdentifier(watch))
      if let member { group.remove(member.parking.target) }
      return member
    }
  }

  private struct Group {
    /// Those that are told by themselves.
    var watches: [ObjectIdentifier: CacheWatch] = [:]
    var parked: [WatchParking.Audience: Parked] = [:]

    var isEmpty: Bool { watches.isEmpty && parked.values.allSatisfy(\.members.isEmpty) }

    var all: [CacheWatch] { parked.values.reduce(into: Array(watches.values)) { $0 += $1.members.values.map(\.watch) } }

    mutating func park(_ watch: CacheWatch, _ parking: WatchParking) {
      guard watches.removeValue(forKey: ObjectIdentifier(watch)) != nil else { return }
      parked[parking.audience, default: Parked()].add(watch, parking)
    }

    /// - Returns: up to where it was told with the others; nil where nothing was since it came.
    mutating func unpark(_ watch: CacheWatch, _ audience: WatchParking.Audience) -> Int64? {
      guard let member = parked[audience]?.remove(watch), let told = parked[audience]?.told else { return nil }
      watches[ObjectIdentifier(watch)] = member.watch
      return told > member.start ? told : nil
    }
  }

  private var groups: [WatchScope: Group] = [:]
  /// At which paths the watches look, and how many do.
  private var paths: [[String]: Int] = [:]
  private(set) var count = 0

  mutating func insert(_ watch: CacheWatch) {
    guard groups[watch.scope, default: Group()].watches.updateValue(watch, forKey: ObjectIdentifier(watch)) == nil
    else { return }
    count += 1
    if case .field(let path, _) = watch.scope { paths[path, default: 0] += 1 }
  }

  /// The watch is parked no more.
  mutating func remove(_ watch: CacheWatch) {
    guard groups[watch.scope]?.watches.removeValue(forKey: ObjectIdentifier(watch)) != nil else { return }
    count -= 1
    if groups[watch.scope]?.isEmpty == true { groups[watch.scope] = nil }
    guard case .field(let path, _) = watch.scope, let others = paths[path] else { return }
    paths[path] = others > 1 ? others - 1 : nil
  }

  /// A watch waits, and may be told together with others.
  mutating func park(_ watch: CacheWatch, _ parking: WatchParking) { groups[watch.scope]?.park(watch, parking) }

  /// A watch is told by itself again.
  /// - Returns: up to where it was told with the others; nil where nothing was since it waited.
  mutating func unpark(_ watch: CacheWatch, _ parking: WatchParking) -> Int64? {
    groups[watch.scope]?.unpark(watch, parking.audience)
  }

  var all: [CacheWatch] { groups.values.flatMap(\.all) }

  /// Who waits together for any of the changes: one of each audience.
  func audiences(of events: [ObjectEvent]) -> [WatchParking] {
    var found: [WatchParking] = []
    for scope in wholes(of: events) {
      for parked in groups[scope]?.parked.values ?? [:].values {
        if let member = parked.members.values.first { found.append(member.parking) }
      }
    }
    return found
  }

  /// Tells those who wait together.
  /// - Parameter pieces: what an audience is told. One that is missing is told one by one.
  /// - Returns: who is to be told one by one.
  mutating func tell(
    _ events: [ObjectEvent], revision: Int64, _ pieces: [WatchParking.Audience: ByteBuffer]
  ) -> [CacheWatch] {
    let scopes = scopes(of: events)
    for scope in scopes {
      for (audience, parked) in groups[scope]?.parked ?? [:] {
        if let piece = pieces[audience] {
          parked.group.send(piece)
          groups[scope]?.parked[audience]?.told = revision
        } else {
          for member in parked.members.values { _ = groups[scope]?.unpark(member.watch, audience) }
        }
      }
    }
    return watches(in: scopes)
  }

  /// Those that any of the changes can concern, of those that are told by themselves.
  func watches(of events: [ObjectEvent]) -> [CacheWatch] { watches(in: scopes(of: events)) }

  private func watches(in scopes: Set<WatchScope>) -> [CacheWatch] {
    scopes.reduce(into: []) { found, scope in
      if let group = groups[scope] { found += group.watches.values }
    }
  }

  private func scopes(of events: [ObjectEvent]) -> Set<WatchScope> {
    var scopes = wholes(of: events)
    if hasOnlyEverything { return scopes }
    for event in events {
      guard let key = event.current?.key ?? event.previous?.key else { continue }
      scopes.insert(.object(key))
      for path in paths.keys {
        // Who watches the value that it had is told that it has it no more.
        for object in [event.current, event.previous] {
          if let object { scopes.insert(.field(path, object.field(path))) }
        }
      }
    }
    return scopes
  }

  /// Of those who watch everything or a namespace: nobody else waits together.
  private func wholes(of events: [ObjectEvent]) -> Set<WatchScope> {
    var scopes: Set<WatchScope> = [.everything]
    if hasOnlyEverything { return scopes }
    for event in events {
      guard let key = event.current?.key ?? event.previous?.key,
        let slash = key.utf8.lastIndex(of: UInt8(ascii: "/"))
      else { continue }
      scopes.insert(.below(String(key[...slash])))
    }
    return scopes
  }

  private var hasOnlyEverything: Bool { groups.count == (groups[.everything] == nil ? 0 : 1) }
}
