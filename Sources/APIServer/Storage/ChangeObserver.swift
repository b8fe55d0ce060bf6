/// Who is told of changes, and of which: what nobody wants costs nothing.
struct ChangeObserver: Sendable {
  private let prefixes: Set<Substring>?
  let continuation: AsyncStream<ObjectEvent>.Continuation

  /// - Parameter prefixes: what the keys of the resources begin with; nil for all.
  init(prefixes: Set<String>?, continuation: AsyncStream<ObjectEvent>.Continuation) {
    self.prefixes = prefixes.map { Set($0.map { $0[...] }) }
    self.continuation = continuation
  }

  func wants(_ prefix: Substring) -> Bool { prefixes?.contains(prefix) ?? true }
}
