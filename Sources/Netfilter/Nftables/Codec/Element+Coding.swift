import Netlink

extension Element {
  /// Writes the attributes of one set element.
  func encode(into writer: inout MessageWriter) {
    writer.value(Nft.elementKey, Self.concatenate(key))
    if let end { writer.value(Nft.elementKeyEnd, Self.concatenate(end)) }
    switch value {
    case .nothing: break
    case .data(let data): writer.value(Nft.elementData, Self.concatenate(data))
    case .verdict(let verdict): writer.verdict(Nft.elementData, verdict)
    }
  }

  /// Reads one element of `set`; nil where it has a form that we do not write (an end mark, a catch-all).
  init?(_ attribute: Attribute, of set: NamedSet) throws(NetlinkError) {
    let parts = try attribute.nested()
    guard let keyBytes = try parts[Nft.elementKey]?.nested()[Nft.dataValue]?.bytes,
      let key = Self.split(keyBytes, set.key)
    else { return nil }
    var end: [Datum]?
    if let endBytes = try parts[Nft.elementKeyEnd]?.nested()[Nft.dataValue]?.bytes {
      end = Self.split(endBytes, set.key)
    }
    let data = parts[Nft.elementData]
    switch set.value {
    case .nothing: self.init(key, end: end)
    case .verdict:
      guard let verdict = try data.flatMap({ (a) throws(NetlinkError) in try Verdict(a) }) else { return nil }
      self.init(key, end: end, .verdict(verdict))
    case .data(let types):
      guard let bytes = try data?.nested()[Nft.dataValue]?.bytes, let values = Self.split(bytes, types) else {
        return nil
      }
      self.init(key, end: end, .data(values))
    }
  }

  /// Fields one after the other. A field that stands alone is not filled up.
  private static func concatenate(_ data: [Datum]) -> [UInt8] {
    data.count == 1 ? data[0].bytes : data.flatMap(\.padded)
  }

  private static func split(_ bytes: [UInt8], _ types: [DataType]) -> [Datum]? {
    var rest = bytes[...]
    var data: [Datum] = []
    for type in types {
      guard rest.count >= type.size else { return nil }
      data.append(Datum(type, Array(rest.prefix(type.size))))
      rest = rest.dropFirst(type.paddedSize)
    }
    return data
  }
}
