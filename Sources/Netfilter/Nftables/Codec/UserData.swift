/// Notes that nft(8) keeps with objects, which the kernel does not read: type, length, value, a byte each for the first
/// two (libnftnl's udata).
enum UserData {
  /// A rule's comment (NFTNL_UDATA_RULE_COMMENT), which `nft list` shows.
  static func comment(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8.prefix(127)) + [0]
    return [0, UInt8(bytes.count)] + bytes
  }

  static func comment(of bytes: [UInt8]) -> String {
    var rest = bytes[...]
    while rest.count >= 2, let type = rest.popFirst(), let length = rest.popFirst() {
      guard rest.count >= Int(length) else { break }
      if type == 0 { return String(decoding: rest.prefix(Int(length)).prefix { $0 != 0 }, as: UTF8.self) }
      rest = rest.dropFirst(Int(length))
    }
    return ""
  }

  /// The byte orders of key and data (NFTNL_UDATA_SET_KEYBYTEORDER and _DATABYTEORDER), without which nft(8) prints
  /// numbers wrongly: 1 is the host's order, 2 the network's.
  static func byteOrders(of set: NamedSet) -> [UInt8] {
    func order(_ types: [DataType]) -> UInt8 { types == [.mark] || types == [.interfaceName] ? 1 : 2 }
    var bytes: [UInt8] = [0, 4, order(set.key), 0, 0, 0]
    if case .data(let types) = set.value { bytes += [1, 4, order(types), 0, 0, 0] }
    return bytes
  }
}
