/// How a watch tells a change: one JSON text a line (`meta.k8s.io/v1` WatchEvent).
public enum WatchEvent {
  /// In a bookmark's annotations: the state at the beginning of the watch was sent.
  public static let initialEventsEnd = "k8s.io/initial-events-end"

  /// The line of one change, with its line feed.
  /// - Parameters:
  ///   - type: `ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK` or `ERROR`.
  ///   - capacity: bytes that the object takes, about.
  ///   - object: appends the object, or what stands for it, such as a table of one row.
  public static func line(type: String, capacity: Int = 256, _ object: (inout [UInt8]) -> Void) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(capacity + 32)
    bytes += "{\"type\":\"\(type)\",\"object\":".utf8
    object(&bytes)
    bytes += [UInt8(ascii: "}"), 0x0A]
    return bytes
  }
}
