import APIMachinery
import Synchronization

/// The graph of nodes and objects as it is at the moment of a question. It is built when the first node asks, and each
/// question first takes what has changed since the one before: nobody else pays for it, and it is never late.
final class NodeRelations: Sendable {
  private enum Source: String, CaseIterable {
    case pods = "pods"
    case volumes = "persistentvolumes"
    case attachments = "volumeattachments"
    case slices = "resourceslices"

    var prefix: String { "\(StorageLayout.root)\(rawValue)/" }
  }

  private struct State {
    var graph = NodeGraph()
    var watches: [Source: CacheWatch] = [:]
  }
  private let store: ClusterStore
  private let state = Mutex(State())

  init(_ store: ClusterStore) { self.store = store }

  func ask(_ question: (NodeGraph) -> Bool) -> Bool {
    state.withLock { state in
      update(&state)
      return question(state.graph)
    }
  }

  static func podKey(_ namespace: String, _ name: String) -> String { "\(Source.pods.prefix)\(namespace)/\(name)" }

  private func update(_ state: inout State) {
    for source in Source.allCases {
      while true {
        guard let watch = state.watches[source] else {
          let all = store.cache(of: source.prefix).listAndWatch(source.prefix)
          state.watches[source] = all.watch
          for object in all.objects { Self.take(object, key: object.key, source, &state.graph) }
          continue
        }
        guard let events = watch.waiting() else {
          // Nobody asked for long, and more has changed than is kept: from the start.
          for watch in state.watches.values { watch.end() }
          state = State()
          return update(&state)
        }
        for event in events {
          guard let key = (event.current ?? event.previous)?.key else { continue }
          Self.take(event.current, key: key, source, &state.graph)
        }
        break
      }
    }
  }

  private static func take(_ object: CachedObject?, key: String, _ source: Source, _ graph: inout NodeGraph) {
    let name = String(key.dropFirst(source.prefix.count))
    switch source {
    case .pods: graph.set(pod: object, key: key)
    case .volumes: graph.set(volume: object, name: name)
    case .attachments: graph.set(attachment: name, node: object?.field(["spec", "nodeName"]))
    case .slices: graph.set(slice: name, node: object?.field(["spec", "nodeName"]))
    }
  }

  deinit {
    for watch in state.withLock({ $0.watches.values }) { watch.end() }
  }
}
