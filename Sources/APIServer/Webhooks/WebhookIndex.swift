import APIMachinery
import Synchronization

/// The webhooks of all configurations of one kind, ready for use, in the order of the configurations' names.
///
/// It is made anew when a configuration has changed. Whoever asks pays for a look at a number, so a cluster without
/// webhooks pays nothing more.
final class WebhookIndex: Sendable {
  private let cache: ResourceCache
  private let prefix: String
  private struct State {
    /// What is known up to this revision of the store.
    var revision: Int64 = -1
    var webhooks: [Webhook] = []
  }
  private let state = Mutex(State())

  /// - Parameter resource: `mutatingwebhookconfigurations` or `validatingwebhookconfigurations`.
  init(_ store: ClusterStore, resource: String) {
    prefix = "\(StorageLayout.root)\(resource)/"
    cache = store.cache(of: prefix)
  }

  var webhooks: [Webhook] {
    state.withLock { state in
      guard cache.hasChanged(since: state.revision) else { return state.webhooks }
      let (objects, revision, _) = cache.list(prefix)
      state.webhooks = objects.flatMap { object in
        (object.object.value(at: "webhooks")?.arrayValue ?? []).enumerated().map { index, webhook in
          Webhook(webhook, configuration: object.name, index: index)
        }
      }
      state.revision = revision
      return state.webhooks
    }
  }
}
