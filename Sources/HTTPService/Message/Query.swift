/// The query of a request: names and values, decoded, in order; a name may appear more than once.
public struct Query: Sendable, Equatable {
  public struct Item: Sendable, Equatable {
    public let name: String
    public let value: String
  }

  public let items: [Item]

  public init() { items = [] }

  /// Parses `a=1&b=2`, with `+` for a space as HTML forms and Go's clients write it.
  /// - Throws: `badRequest` where the percent-encoding is broken.
  public init(_ raw: Substring) throws(HTTPServiceError) {
    var items: [Item] = []
    for part in raw.utf8.split(separator: UInt8(ascii: "&")) {
      let sign = part.firstIndex(of: UInt8(ascii: "="))
      let name = Substring(sign.map { part[..<$0] } ?? part)
      let value = sign.map { Substring(part[part.index(after: $0)...]) } ?? ""
      guard let name = PercentEncoding.decode(name, plusIsSpace: true),
        let value = PercentEncoding.decode(value, plusIsSpace: true)
      else { throw .badRequest("the query has a broken percent-encoding") }
      items.append(Item(name: name, value: value))
    }
    self.items = items
  }

  /// The first value of that name.
  public subscript(name: String) -> String? { items.first { $0.name == name }?.value }

  /// Every value of that name, in order.
  public func all(_ name: String) -> [String] { items.compactMap { $0.name == name ? $0.value : nil } }

  /// Whether there is an item of that name, with or without a value.
  public func contains(_ name: String) -> Bool { items.contains { $0.name == name } }

  /// A flag as dockerd reads it: absent, empty, `0`, `no`, `false` and `none` are off in any case, all else is on.
  public func flag(_ name: String, default absent: Bool = false) -> Bool {
    guard let value = self[name] else { return absent }
    let word = Substring(value).utf8.trimmingBlanks()
    return !["", "0", "no", "false", "none"].contains(String(decoding: word, as: UTF8.self).lowercased())
  }
}
