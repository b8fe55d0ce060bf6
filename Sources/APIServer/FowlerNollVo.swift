/// FNV-1a with 64 bits (Fowler, Noll, Vo; RFC 9923): it tells texts apart and is the same on every server; it protects
/// nothing.
enum FowlerNollVo {
  static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
  }

  /// What a client keeps a document by: the hash between quotation marks (RFC 9110, section 8.8.3).
  static func tag(_ bytes: some Sequence<UInt8>) -> String { "\"\(String(hash(bytes), radix: 16, uppercase: true))\"" }
}
