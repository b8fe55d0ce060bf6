/// The names of a message's fields, found by the bytes of a JSON text.
struct FieldNames: Sendable {
  private var names: [UInt8] = []
  /// Where each name stands in `names`, and which field it is.
  private var entries: [(range: Range<Int>, field: Int)] = []
  /// Entries by the hashes of their names, each in the first slot that was free; at least half are free.
  private var slots: [Int16]

  /// - Parameter fields: a name each, none twice.
  init(_ fields: [(name: String, field: Int)]) {
    var size = 4
    while size < 2 * fields.count { size *= 2 }
    slots = Array(repeating: -1, count: size)
    for (name, field) in fields {
      let start = names.count
      names += name.utf8
      let range = start..<names.count
      var slot = hash(names, range)
      while slots[slot] >= 0 { slot = (slot + 1) & (size - 1) }
      slots[slot] = Int16(entries.count)
      entries.append((range, field))
    }
  }

  /// Which field has the name that a range of a text holds.
  func index(of text: [UInt8], _ range: Range<Int>) -> Int? {
    var slot = hash(text, range)
    while slots[slot] >= 0 {
      let entry = entries[Int(slots[slot])]
      if entry.range.count == range.count, names[entry.range].elementsEqual(text[range]) { return entry.field }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  /// FNV-1a.
  private func hash(_ text: [UInt8], _ range: Range<Int>) -> Int {
    var hash: UInt32 = 2_166_136_261
    for index in range { hash = (hash ^ UInt32(text[index])) &* 16_777_619 }
    return Int(hash ^ hash >> 15) & (slots.count - 1)
  }
}
