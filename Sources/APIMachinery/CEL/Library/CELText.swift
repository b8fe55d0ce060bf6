/// Searching in texts by scalars, with what it takes counted.
enum CELText {
  typealias Scalars = [Unicode.Scalar]

  static func scalars(_ text: String) -> Scalars { Array(text.unicodeScalars) }

  static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  /// Whether a part stands at a place.
  private static func matches<Element: Equatable>(
    _ text: [Element], _ part: [Element], at start: Int, _ steps: inout Int
  ) -> Bool {
    var offset = 0
    while offset < part.count {
      steps += 1
      if text[start + offset] != part[offset] { return false }
      offset += 1
    }
    return true
  }

  /// The first place of a part from a place on.
  static func first<Element: Equatable>(
    _ part: [Element], in text: [Element], from start: Int, _ frame: inout CELFrame
  ) throws -> Int? {
    guard part.count <= text.count, start <= text.count - part.count else { return nil }
    var steps = 0
    for index in start...(text.count - part.count) {
      if matches(text, part, at: index, &steps) {
        try frame.work(steps / 8)
        return index
      }
      if steps > 4_096 {
        try frame.work(steps / 8)
        steps = 0
      }
    }
    try frame.work(steps / 8)
    return nil
  }

  /// The last place of a part up to a place.
  static func last(_ part: Scalars, in text: Scalars, upTo end: Int, _ frame: inout CELFrame) throws -> Int? {
    var index = min(end, text.count - part.count)
    var steps = 0
    while index >= 0 {
      if matches(text, part, at: index, &steps) { return index }
      index -= 1
      if steps > 4_096 {
        try frame.work(steps / 8)
        steps = 0
      }
    }
    return nil
  }

  /// The places of a part that do not overlap, at most `limit` of them.
  static func all(_ part: Scalars, in text: Scalars, limit: Int, _ frame: inout CELFrame) throws -> [Int] {
    var places: [Int] = []
    var start = 0
    while places.count < limit, let place = try first(part, in: text, from: start, &frame) {
      places.append(place)
      start = place + max(1, part.count)
    }
    return places
  }

  /// Whether the part stands in the text.
  static func contains(_ text: String, _ part: String, _ frame: inout CELFrame) throws -> Bool {
    if part.isEmpty { return true }
    return try first(Array(part.utf8), in: Array(text.utf8), from: 0, &frame) != nil
  }
}
