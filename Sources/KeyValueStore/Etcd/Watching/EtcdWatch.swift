/// The reader's end of a watch of an etcd cluster. It goes on at another member where one is away, and for as long as
/// it is wanted.
final class EtcdWatch: WatchSource {
  private let watches: EtcdWatches
  private let watcher: EtcdWatcher

  init(_ watches: EtcdWatches, _ watcher: EtcdWatcher) {
    self.watches = watches
    self.watcher = watcher
  }

  deinit { cancel() }

  func next() async throws(StoreError) -> WatchBatch? {
    guard let (batch, hasRoomAgain) = try await watcher.receive() else { return nil }
    if hasRoomAgain { watches.resume(watcher) }
    return batch
  }

  func requestProgress() { watches.requestProgress() }

  func cancel() {
    watcher.abandon()
    watches.remove(watcher)
  }
}
