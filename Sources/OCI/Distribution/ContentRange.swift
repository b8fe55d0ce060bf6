/// A `Content-Range` header of a partial answer (RFC 9110, 14.4): `bytes 100-199/1000`.
public struct ContentRange: Hashable, Sendable {
  /// First byte.
  public let first: Int64
  /// Last byte, included.
  public let last: Int64
  /// Size of the whole, nil where the server does not say.
  public let total: Int64?

  public init?(_ header: String) {
    guard header.hasPrefix("bytes ") else { return nil }
    let parts = header.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    let bounds = parts[0].split(separator: "-", omittingEmptySubsequences: false)
    guard bounds.count == 2, let first = Int64(bounds[0]), let last = Int64(bounds[1]), first >= 0, last >= first else {
      return nil
    }
    if parts[1] == "*" {
      total = nil
    } else {
      guard let value = Int64(parts[1]), value > last else { return nil }
      total = value
    }
    self.first = first
    self.last = last
  }
}
