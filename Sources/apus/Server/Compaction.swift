import APIServer
import ContainerEngine

/// Keeps the store from growing without end.
struct Compaction: Sendable {
  /// How long what was replaced or removed can still be read: kube-apiserver's own interval.
  private static let interval = Duration.seconds(300)

  private let cluster: ClusterStore

  init(_ cluster: ClusterStore) { self.cluster = cluster }

  /// Goes on until the task is cancelled.
  func run() async {
    var revision = cluster.revision
    while true {
      do { try await Task.sleep(for: Self.interval) } catch { return }
      do { try await cluster.compact(upTo: revision) } catch {
        Log.warning("compacting the store: \(error)")
        continue
      }
      revision = cluster.revision
    }
  }
}
