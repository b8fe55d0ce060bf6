/// How many bytes of DATA a client will take on a connection (RFC 9113, section 5.2), where two send them: NIO's handler,
/// which keeps an account of its own, and those who send past it. NIO's account knows nothing of the latter: what they take is
/// lent to them, and what the client allows anew pays it back before NIO hears of it. So NIO's account is what is left and
/// what is lent, less what NIO has sent and still waits here.
struct ConnectionWindow: Equatable {
  /// The largest window that there is.
  static let most = Int(Int32.max)

  /// What the client takes at present.
  private(set) var available = 65_535
  /// Of what NIO believes to be available.
  private(set) var lent = 0

  /// NIO's handler sends.
  mutating func take(_ count: Int) { available -= count }

  /// Somebody else sends.
  mutating func lend(_ count: Int) {
    available -= count
    lent += count
  }

  /// The client takes more.
  /// - Returns: how much more there is for NIO's account; nil where that is more than a window may hold.
  mutating func open(by count: Int) -> Int? {
    guard available + count <= Self.most else { return nil }
    let repaid = min(count, lent)
    lent -= repaid
    available += count
    return count - repaid
  }
}
