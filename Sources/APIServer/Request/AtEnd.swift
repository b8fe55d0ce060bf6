/// Does something when nobody holds it any more: what is taken for an answer is given back however the answer ends.
final class AtEnd: Sendable {
  private let action: @Sendable () -> Void
  init(_ action: @escaping @Sendable () -> Void) { self.action = action }
  deinit { action() }
}
