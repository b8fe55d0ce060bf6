/// Places in an object, to tell whether a field is below one of them: however many there are, it is told in one pass over the
/// field's path.
struct FieldPrefixes {
  private let places: Set<Substring>
  private let ends: [UInt8]

  /// - Parameter ends: what follows a place in the paths of fields below it: `.` before a member, `[` before an item.
  init(_ places: [String], ends: String) {
    self.places = Set(places.map { $0[...] })
    self.ends = Array(ends.utf8)
  }

  func hold(_ field: String) -> Bool {
    guard !places.isEmpty else { return false }
    return field.utf8.indices.contains { ends.contains(field.utf8[$0]) && places.contains(field[..<$0]) }
  }
}
