/// What differs between two texts, line by line, with three lines around it (diff(1), "unified format"), found as Python's difflib
/// and its port to Go do: kube-apiserver shows it where a change is forbidden.
public struct UnifiedDiff {
  private static let context = 3
  /// From so many lines on those that are often there are not looked for.
  private static let longText = 200

  private enum Tag { case equal, replaced, deleted, inserted }
  private struct Change {
    var tag: Tag
    var old: Range<Int>
    var new: Range<Int>
  }
  private struct Match {
    var old: Int
    var new: Int
    var count: Int
  }

  /// So many pairs of lines are compared; what then is not known to be the same counts as changed, which is as true, and told at
  /// more length. A search for what two texts share can else take the cube of their lengths.
  private static let mostSteps = 4_000_000

  private let old: [Substring]
  private let new: [Substring]
  /// The lines as numbers: the same bytes have the same one.
  private let oldKeys: [Int]
  private let newKeys: [Int]
  /// Where each line stands in the new text, but for those that are there too often.
  private let places: [[Int]]
  private var steps = 0

  /// - Returns: nothing where the texts are the same; otherwise lines that end with a line feed.
  public static func text(from old: String, to new: String) -> String {
    var diff = UnifiedDiff(old, new)
    return diff.text()
  }

  private init(_ old: String, _ new: String) {
    self.old = Self.lines(old)
    self.new = Self.lines(new)
    var numbers: [[UInt8]: Int] = [:]
    func key(_ line: Substring) -> Int {
      let (bytes, next) = (Array(line.utf8), numbers.count)
      if let known = numbers[bytes] { return known }
      numbers[bytes] = next
      return next
    }
    oldKeys = self.old.map(key)
    newKeys = self.new.map(key)
    var places = [[Int]](repeating: [], count: numbers.count)
    for (index, key) in newKeys.enumerated() { places[key].append(index) }
    if self.new.count >= Self.longText {
      let most = self.new.count / 100 + 1
      for key in places.indices where places[key].count > most { places[key] = [] }
    }
    self.places = places
  }

  /// A line feed ends a line, also where Unicode has it and what is before it as one character.
  private static func lines(_ text: String) -> [Substring] {
    text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Substring.init)
  }

  private mutating func text() -> String {
    var text = ""
    for group in groups() {
      guard let first = group.first, let last = group.last else { continue }
      let (before, after) = (
        first.old.lowerBound..<last.old.upperBound, first.new.lowerBound..<last.new.upperBound
      )
      text += "@@ -\(Self.shown(before)) +\(Self.shown(after)) @@\n"
      for change in group {
        if change.tag == .equal {
          for line in old[change.old] { text += " \(line)\n" }
          continue
        }
        for line in old[change.old] { text += "-\(line)\n" }
        for line in new[change.new] { text += "+\(line)\n" }
      }
    }
    return text
  }

  private static func shown(_ range: Range<Int>) -> String {
    switch range.count {
    case 0: "\(range.lowerBound),0"
    case 1: "\(range.lowerBound + 1)"
    case let count: "\(range.lowerBound + 1),\(count)"
    }
  }

  /// Changes that are near each other, with the lines around them.
  private mutating func groups() -> [[Change]] {
    let context = Self.context
    var changes = self.changes()
    if let first = changes.first, first.tag == .equal {
      let skipped = max(0, first.old.count - context)
      changes[0].old = (first.old.lowerBound + skipped)..<first.old.upperBound
      changes[0].new = (first.new.lowerBound + skipped)..<first.new.upperBound
    }
    if let last = changes.last, last.tag == .equal {
      let kept = min(context, last.old.count)
      changes[changes.count - 1].old = last.old.prefix(kept)
      changes[changes.count - 1].new = last.new.prefix(kept)
    }
    var groups: [[Change]] = []
    var group: [Change] = []
    for change in changes {
      var change = change
      if change.tag == .equal, change.old.count > 2 * context {
        group.append(Change(tag: .equal, old: change.old.prefix(context), new: change.new.prefix(context)))
        groups.append(group)
        group = []
        change.old = change.old.suffix(context)
        change.new = change.new.suffix(context)
      }
      group.append(change)
    }
    if group.contains(where: { $0.tag != .equal }) { groups.append(group) }
    return groups.filter { $0.contains { $0.tag != .equal } }
  }

  private mutating func changes() -> [Change] {
    var changes: [Change] = []
    var (i, j) = (0, 0)
    for match in matches() {
      let (before, after) = (i..<match.old, j..<match.new)
      switch (before.isEmpty, after.isEmpty) {
      case (false, false): changes.append(Change(tag: .replaced, old: before, new: after))
      case (false, true): changes.append(Change(tag: .deleted, old: before, new: after))
      case (true, false): changes.append(Change(tag: .inserted, old: before, new: after))
      case (true, true): break
      }
      (i, j) = (match.old + match.count, match.new + match.count)
      if match.count > 0 {
        changes.append(Change(tag: .equal, old: match.old..<i, new: match.new..<j))
      }
    }
    return changes
  }

  /// Runs of lines that both have, in order, and one of no lines at the end.
  private mutating func matches() -> [Match] {
    var found: [Match] = []
    var waiting = [(old: 0..<old.count, new: 0..<new.count)]
    while let (before, after) = waiting.popLast() {
      let match = longest(before, after)
      guard match.count > 0 else { continue }
      found.append(match)
      if before.lowerBound < match.old, after.lowerBound < match.new {
        waiting.append((before.lowerBound..<match.old, after.lowerBound..<match.new))
      }
      let (i, j) = (match.old + match.count, match.new + match.count)
      if i < before.upperBound, j < after.upperBound {
        waiting.append((i..<before.upperBound, j..<after.upperBound))
      }
    }
    var joined: [Match] = []
    for match in found.sorted(by: { ($0.old, $0.new) < ($1.old, $1.new) }) {
      if let last = joined.last, last.old + last.count == match.old, last.new + last.count == match.new {
        joined[joined.count - 1].count += match.count
      } else {
        joined.append(match)
      }
    }
    return joined + [Match(old: old.count, new: new.count, count: 0)]
  }

  private mutating func longest(_ before: Range<Int>, _ after: Range<Int>) -> Match {
    var best = Match(old: before.lowerBound, new: after.lowerBound, count: 0)
    var lengths: [Int: Int] = [:]
    for i in before {
      guard steps < Self.mostSteps else { break }
      var next: [Int: Int] = [:]
      steps += places[oldKeys[i]].count + 1
      for j in places[oldKeys[i]] where j >= after.lowerBound {
        if j >= after.upperBound { break }
        let count = (lengths[j - 1] ?? 0) + 1
        next[j] = count
        if count > best.count { best = Match(old: i - count + 1, new: j - count + 1, count: count) }
      }
      lengths = next
    }
    while best.old > before.lowerBound, best.new > after.lowerBound, oldKeys[best.old - 1] == newKeys[best.new - 1] {
      best = Match(old: best.old - 1, new: best.new - 1, count: best.count + 1)
    }
    while best.old + best.count < before.upperBound, best.new + best.count < after.upperBound,
      oldKeys[best.old + best.count] == newKeys[best.new + best.count]
    {
      best.count += 1
    }
    return best
  }
}
