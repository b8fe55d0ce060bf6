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
      if entry.range.count == range.count, isEqual(entry.range.lowerBound, text, range) { return entry.field }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  private func isEqual(_ start: Int, _ text: [UInt8], _ range: Range<Int>) -> Bool {
    for offset in 0..<range.count where names[start &+ offset] != text[range.lowerBound &+ offset] { return false }
    return true
  }

  /// Of the length, two bytes and the last: names of one message differ there, and those that do not are compared.
  private func hash(_ text: [UInt8], _ range: Range<Int>) -> Int {
    guard let last = range.last else { return 0 }
    let (first, middle) = (range.lowerBound, range.lowerBound &+ range.count / 2)
    var hash = UInt32(text[first]) | UInt32(text[middle]) << 8 | UInt32(text[last]) << 16
    hash = (hash ^ UInt32(truncatingIfNeeded: range.count) << 24) &* 2_654_435_761
    return Int(hash >> 16) & (slots.count - 1)
  }
}
