/// Places in an object, to tell whether a field is below one of them: however many there are, it is told in one pass over the
/// field's path.
struct FieldPrefixes {
  private let places: Set<Substring>
  /// How many bytes the places have: only what is as long is looked up, however long the field is.
  private let lengths: Set<Int>
  private let ends: [UInt8]

  /// - Parameter ends: what follows a place in the paths of fields below it: `.` before a member, `[` before an item.
  init(_ places: [String], ends: String) {
    self.places = Set(places.map { $0[...] })
    lengths = Set(places.map(\.utf8.count))
    self.ends = Array(ends.utf8)
  }

  func hold(_ field: String) -> Bool {
    guard !places.isEmpty else { return false }
    var length = 0
    for index in field.utf8.indices {
      if ends.contains(field.utf8[index]), lengths.contains(length), places.contains(field[..<index]) { return true }
      length += 1
    }
    return false
  }
}
