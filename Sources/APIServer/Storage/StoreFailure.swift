import APIMachinery
import KeyValueStore

extension StatusError {
  /// What a client is told where the store refuses: nothing was written, or nobody knows whether it was, and reads go on.
  init(_ error: StoreError) {
    switch error.code {
    case .full:
      // Etcd's own words, which clients of Kubernetes know.
      let words = "database space exceeded"
      self = .internalError(error.message.contains(words) ? error.message : "\(words): \(error.message)")
    case .unavailable, .closed, .busy:
      self = .serviceUnavailable("the store of the cluster is unavailable: \(error.message)")
    case .compacted: self = .expired("The resourceVersion for the provided list is too old.")
    default: self = .internalError(error.message)
    }
  }
}
