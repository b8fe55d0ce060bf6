/// A container's port or range of ports with its protocol: `80/tcp`, `8000-8010/udp`, `53`.
public struct PortSpec: Sendable, Hashable {
  public var ports: ClosedRange<UInt16>
  /// `tcp`, `udp` or `sctp`.
  public var protocolName: String

  /// Reads a specification; the protocol defaults to TCP.
  ///
  /// - Throws: ``QueryError`` in Docker's words.
  public init(_ text: String) throws(QueryError) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let number = String(parts.first ?? "")
    protocolName = parts.count == 2 && !parts[1].isEmpty ? parts[1].lowercased() : "tcp"
    guard let range = Self.range(number) else { throw QueryError("invalid port specification: \"\(number)\"") }
    guard ["tcp", "udp", "sctp"].contains(protocolName) else {
      throw QueryError("invalid proto: \(protocolName)")
    }
    ports = range
  }

  /// Reads the host's side: nil for "any", otherwise one port or a range. A protocol after a slash is ignored.
  ///
  /// - Throws: ``QueryError`` in Docker's words.
  public static func hostRange(_ text: String) throws(QueryError) -> ClosedRange<UInt16>? {
    let number = String(text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).first ?? "")
    if number.isEmpty || number == "0" { return nil }
    guard let range = range(number) else { throw QueryError("invalid port specification: \"\(text)\"") }
    return range
  }

  private static func range(_ text: String) -> ClosedRange<UInt16>? {
    let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = ends.first, let low = UInt16(first) else { return nil }
    guard ends.count == 2 else { return low...low }
    guard let high = UInt16(ends[1]), low <= high else { return nil }
    return low...high
  }
}
