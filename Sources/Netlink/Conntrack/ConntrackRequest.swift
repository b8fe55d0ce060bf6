import Addressing
import Linux

extension NetlinkRequest {
  /// Asks for all tracked connections, of both families or of one.
  public static func dumpConntrack(family: IPFamily? = nil) -> NetlinkRequest {
    NetlinkRequest(0x101, .dump, purpose: "list connections") {
      $0.netfilterHeader(family: family?.number ?? AddressFamily.unspecified)
    }
  }

  /// Deletes one connection. It is named by its tuple, always: without one the kernel would flush the whole table.
  public static func deleteConntrack(_ entry: ConntrackEntry) -> NetlinkRequest {
    NetlinkRequest(
      0x102, .acknowledge, purpose: "delete connection from \(entry.original.source) to \(entry.original.destination)"
    ) {
      $0.netfilterHeader(family: entry.original.source.family.number)
      $0.attribute(ConntrackEntry.Key.original, flags: 0x8000, { $0.append(entry.tuple) })
      $0.attribute(ConntrackEntry.Key.identifier, bigEndian: entry.identifier)
      if entry.zone != 0 { $0.attribute(ConntrackEntry.Key.zone, bigEndian: entry.zone) }
    }
  }
}

extension MessageWriter {
  /// struct nfgenmsg: every netfilter message begins with it.
  public mutating func netfilterHeader(family: UInt8, resource: UInt16 = 0) {
    append(family)
    append(UInt8(0))
    append(resource.bigEndian)
  }
}

extension NetlinkSocket where Family == NetfilterFamily {
  /// All tracked connections, of both families or of one.
  public func connections(family: IPFamily? = nil) throws(NetlinkError) -> [ConntrackEntry] {
    try decode(.dumpConntrack(family: family)) { (message) throws(NetlinkError) in try ConntrackEntry(message) }
  }

  /// Deletes the connections that match any of the filters. One that ended meanwhile is no error.
  /// - Returns: how many were deleted.
  @discardableResult
  public func deleteConnections(matching filters: [ConntrackFilter]) throws(NetlinkError) -> Int {
    let filters = filters.filter { !$0.isEmpty }
    guard !filters.isEmpty else { return 0 }
    let doomed = try connections().filter { entry in filters.contains { $0.matches(entry) } }
    var deleted = 0
    // In pieces, so that the acknowledgements fit the socket's buffer.
    for start in stride(from: 0, to: doomed.count, by: 1024) {
      let piece = doomed[start..<min(start + 1024, doomed.count)]
      for answer in try exchange(piece.map { .deleteConntrack($0) }) {
        guard let error = answer.error else {
          deleted += 1
          continue
        }
        if error.errno != .noEntry { throw error }
      }
    }
    return deleted
  }
}
