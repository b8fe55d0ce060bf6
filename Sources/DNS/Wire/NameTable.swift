/// Where names are in a message that is being written, so that later ones can point there (RFC 1035, section 4.1.4).
///
/// A table of fixed size with a few probes: what finds no place is written in full the next time, which is right, too.
struct NameTable {
  private var slots: [UInt16] = []
  private var isUsed = false
  private static let size = 512
  private static let probes = 8

  /// Forgets all names.
  mutating func reset() {
    guard isUsed else { return }
    for index in slots.indices { slots[index] = 0 }
    isUsed = false
  }

  /// Where the name's tail from `index` on was written, relative to the message that begins at `start` of `message`.
  func find(_ name: [UInt8], from index: Int, in message: [UInt8], start: Int) -> Int? {
    guard isUsed else { return nil }
    var slot = Self.hash(name, from: index)
    for _ in 0..<Self.probes {
      let offset = Int(slots[slot])
      if offset == 0 { return nil }
      if Self.matches(name, index, message, start, offset) { return offset }
      slot = (slot + 1) % Self.size
    }
    return nil
  }

  /// Remembers that the name's tail from `index` on is at `offset`.
  mutating func insert(_ name: [UInt8], from index: Int, at offset: Int) {
    // A pointer has 14 bits.
    guard offset < 0x4000 else { return }
    if slots.isEmpty { slots = [UInt16](repeating: 0, count: Self.size) }
    isUsed = true
    var slot = Self.hash(name, from: index)
    for _ in 0..<Self.probes {
      if slots[slot] == 0 {
        slots[slot] = UInt16(offset)
        return
      }
      slot = (slot + 1) % Self.size
    }
  }

  /// Compares byte for byte: a name with other capitals keeps its own.
  private static func matches(_ name: [UInt8], _ index: Int, _ message: [UInt8], _ start: Int, _ offset: Int) -> Bool {
    var index = index
    var position = start + offset
    while true {
      let length = Int(message[position])
      if length >= 0xC0 {
        position = start + ((length & 0x3F) << 8 | Int(message[position + 1]))
        continue
      }
      for step in 0...length where message[position + step] != name[index + step] { return false }
      if length == 0 { return true }
      index += length + 1
      position += length + 1
    }
  }

  private static func hash(_ name: [UInt8], from index: Int) -> Int {
    var hash: UInt32 = 2_166_136_261
    for position in index..<name.count { hash = (hash ^ UInt32(name[position])) &* 16_777_619 }
    return Int(hash ^ hash >> 15) % size
  }
}
