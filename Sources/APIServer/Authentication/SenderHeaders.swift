import HTTPService

/// Removes from a request what only says who sends it: nobody behind the server is to take it for somebody's word.
struct SenderHeaders: Sendable {
  private let names: Set<String>
  private let prefixes: [String]
  /// The lengths of the names.
  private let lengths: Set<Int>
  /// The shortest of the prefixes; nil where there is none.
  private let shortest: Int?
  /// What names and prefixes begin with.
  private let initials: Set<UInt8>

  init(_ headers: RequestHeaders) {
    names = Set((headers.userNames + headers.uids + headers.groups + ["Authorization"]).map { $0.lowercased() })
    prefixes = headers.extraPrefixes.map { $0.lowercased() }
    lengths = Set(names.map(\.utf8.count))
    shortest = prefixes.map(\.utf8.count).min()
    initials = Set((names + prefixes).compactMap { $0.utf8.first.map(Self.lowercased) })
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 { byte | 0x20 }

  func remove(from headers: inout Headers) {
    guard headers.contains(where: { isMeant($0.name) }) else { return }
    headers.remove(where: isMeant)
  }

  private func isMeant(_ name: String) -> Bool {
    // Nearly all are told apart by this, with each request.
    let (bytes, count) = (name.utf8, name.utf8.count)
    guard let first = bytes.first, initials.contains(Self.lowercased(first)),
      lengths.contains(count) || shortest.map({ count >= $0 }) == true
    else { return false }
    let name = name.lowercased()
    return names.contains(name) || prefixes.contains(where: name.hasPrefix)
  }
}
