import NIOCore
import Protobuf
import Synchronization

/// One stream of watches to one member (etcd API v3, `Watch`).
final class EtcdWatchStream: GRPCReceiver {
  private struct State {
    var sender: GRPCStream?
    /// The watches that were asked for and are not answered yet, in their order.
    var asked: [Int64] = []
    var hasAnswered = false
    var tellsProgress = false
    var wantsProgress = false
    var wantsNewToken = false
    var isOver = false
    /// What it ended with, by the member's word and by ours.
    var fault: GRPCFault?
    var failure: StoreError?
    var waiting: CheckedContinuation<Void, Never>?
    var member: EtcdMember?
  }
  private let state = Mutex(State())
  private let take: @Sendable (EtcdAnswer.Watch, EtcdWatchStream) throws(StoreError) -> Void

  /// - Parameter take: told each message, in order.
  init(_ take: @escaping @Sendable (EtcdAnswer.Watch, EtcdWatchStream) throws(StoreError) -> Void) {
    self.take = take
  }

  /// Opens it, at the first member that can be reached.
  func open(_ client: EtcdClient) async throws(StoreError) {
    let (sender, member) = try await client.stream(.watch, receiver: self)
    let isOver = state.withLock { state in
      (state.sender, state.member) = (sender, member)
      return state.isOver
    }
    if isOver { sender.cancel() }
  }

  /// Asks the member for its version, which tells whether it can be asked for marks.
  func learnVersion(_ client: EtcdClient) async {
    guard let member = state.withLock({ $0.member }), let version = try? await client.version(of: member) else {
      return
    }
    let wantsProgress = state.withLock { state in
      state.tellsProgress = Self.tellsProgress(version)
      return state.tellsProgress && state.wantsProgress
    }
    if wantsProgress { send(.progress) }
  }

  /// Whether a member's answers to requests for progress can be relied on: before these versions they may come before
  /// changes that they say have been told (etcd's changelogs of 3.4.25 and 3.5.8).
  static func tellsProgress(_ version: [Int]) -> Bool {
    guard version.count >= 3 else { return false }
    switch (version[0], version[1]) {
    case (3, 4): return version[2] >= 25
    case (3, 5): return version[2] >= 8
    default: return version[0] > 3 || version[0] == 3 && version[1] > 5
    }
  }

  /// Asks for a mark where the member can be asked; later, where that is not known yet.
  func requestProgress() {
    let isTold = state.withLock { state in
      state.wantsProgress = true
      return state.tellsProgress
    }
    if isTold { send(.progress) }
  }

  var hasAnswered: Bool { state.withLock { $0.hasAnswered } }
  var wantsNewToken: Bool {
    state.withLock { state in
      guard let fault = state.fault, let member = state.member else { return state.wantsNewToken }
      return EtcdFault.isAboutToken(EtcdFault.error(fault, member))
    }
  }

  /// Why there is no use in another stream; nil where it ended as streams may: the connection broke, the member has
  /// lost the others.
  var failure: StoreError? {
    let (failure, fault, member) = state.withLock { ($0.failure, $0.fault, $0.member) }
    if let failure { return failure }
    guard let fault, let member else { return nil }
    let error = EtcdFault.error(fault, member)
    guard error.code != .unavailable, !EtcdFault.isAboutToken(error) else { return nil }
    return error
  }

  /// The member that it ended at by no wish of ours.
  var lostMember: EtcdMember? { state.withLock { $0.fault == nil ? nil : $0.member } }

  func create(_ id: Int64, _ watcher: EtcdWatcher) {
    state.withLock { $0.asked.append(id) }
    send(watcher.request(id))
  }

  /// Requests go in the order of the calls.
  func send(_ request: EtcdRequest.Watch) { state.withLock { $0.sender }?.send(request.buffer) }

  /// The watch that the next answer to a request is about.
  func nextCreated() -> Int64? { state.withLock { $0.asked.isEmpty ? nil : $0.asked.removeFirst() } }

  /// Whether a watch was asked for and is not answered yet.
  func isAsked(_ id: Int64) -> Bool { state.withLock { $0.asked.contains(id) } }

  /// Ends it, to be opened again with a new token.
  func renew() {
    state.withLock { $0.wantsNewToken = true }
    cancel()
  }

  func cancel() {
    end(nil)
    state.withLock { $0.sender }?.cancel()
  }

  /// Returns when it is over.
  func ended() async {
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        if !state.isOver { state.waiting = continuation }
        return state.isOver
      }
      if isOver { continuation.resume() }
    }
  }

  func receive(_ message: ByteBuffer) {
    let isOver = state.withLock { state in
      state.hasAnswered = true
      return state.isOver
    }
    guard !isOver else { return }
    do throws(StoreError) {
      let answer: EtcdAnswer.Watch
      do throws(ProtobufFault) { answer = try EtcdAnswer.Watch(decoding: message) } catch {
        throw StoreError(.malformed, "a message of the watch is not etcd's: \(error)", cause: error)
      }
      try take(answer, self)
    } catch { fail(error) }
  }

  func end(_ fault: GRPCFault?) {
    let waiting = state.withLock { state in
      defer { (state.waiting, state.isOver) = (nil, true) }
      if !state.isOver { state.fault = fault }
      return state.waiting
    }
    waiting?.resume()
  }

  private func fail(_ error: StoreError) {
    state.withLock { $0.failure = $0.failure ?? error }
    cancel()
  }
}
