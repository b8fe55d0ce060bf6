/// What a store that is killed again and again must remember, by the reports of those who write to it
/// (`StoreCrashWriter`).
struct CrashJournal {
  private struct Held: Equatable {
    var number: String
    var revision: Int64
  }

  private(set) var faults: [String] = []
  /// The revision of the last event that was told.
  private(set) var told: Int64 = 0
  private(set) var acknowledgements = 0
  private(set) var lives = 0
  /// What all events up to `told` have made of the keys.
  private var keys: [String: Held] = [:]
  /// What was acknowledged and not told yet, by revision.
  private var awaited: [Int64: String] = [:]
  /// What the events of this life say was done, by revision.
  private var done: [Int64: String] = [:]
  /// How often each transaction was begun without having been told.
  private var begun: [String: Int] = [:]
  /// The highest revision that anybody has heard of.
  private(set) var highest: Int64 = 0
  /// What the store held when it was opened, to be compared when the events have come to that revision.
  private var dump: [String: Held] = [:]
  private var opened: Int64?

  mutating func beginLife() {
    lives += 1
    dump = [:]
    done = [:]
    opened = nil
  }

  mutating func read(_ line: Substring) {
    let words = line.split(separator: " ")
    let rest = words.dropFirst(2).joined(separator: " ")
    switch words.first {
    case "have" where words.count == 4:
      dump[String(words[1])] = Held(number: String(words[2]), revision: Int64(words[3]) ?? -1)
    case "open" where words.count == 2: open(at: Int64(words[1]) ?? -1)
    case "try": begun[words.dropFirst().joined(separator: " "), default: 0] += 1
    case "ack" where words.count > 3: acknowledge(rest, at: Int64(words[1]) ?? -1)
    case "event" where words.count > 4: take(words.dropFirst(2), at: Int64(words[1]) ?? -1)
    default: fault("reports \(line)")
    }
  }

  /// After a life in which everything was told: nothing may be missing.
  mutating func end() {
    if told != opened { fault("the events end at \(told), the store is at \(opened ?? -1)") }
    for (revision, words) in awaited { fault("what was acknowledged as revision \(revision) is lost: \(words)") }
  }

  private mutating func open(at revision: Int64) {
    if revision < highest { fault("the revision went back from \(highest) to \(revision)") }
    opened = revision
    compareDump()
  }

  private mutating func acknowledge(_ words: String, at revision: Int64) {
    acknowledgements += 1
    if revision <= opened ?? .max {
      fault("revision \(revision) is given out, the store was at \(opened ?? -1) before")
    }
    highest = max(highest, revision)
    if revision > told {
      if let other = awaited.updateValue(words, forKey: revision) {
        fault("\(revision) is given twice: \(other), \(words)")
      }
    } else if done[revision] != words {
      fault("revision \(revision) was acknowledged as \(words), and did \(done[revision] ?? "nothing")")
    }
  }

  private mutating func take(_ words: ArraySlice<Substring>, at revision: Int64) {
    if revision != told + 1 { fault("after the events of \(told) come those of \(revision)") }
    told = revision
    highest = max(highest, revision)
    var changes: [String] = []
    var rest = words
    while let key = rest.popFirst(), let number = rest.popFirst(), let previous = rest.popFirst() {
      let before = keys[String(key)]?.number ?? "-"
      if before != previous { fault("revision \(revision): \(key) was \(before), its event says \(previous)") }
      if key == "shared", (Int(before) ?? 0) + 1 != Int(number) { fault("shared went from \(before) to \(number)") }
      keys[String(key)] = number == "-" ? nil : Held(number: String(number), revision: revision)
      changes.append(number == "-" ? "delete \(key)" : "put \(key) \(number)")
    }
    let text = changes.joined(separator: " ")
    if let count = begun[text] {
      begun[text] = count > 1 ? count - 1 : nil
    } else {
      fault("nobody asked for revision \(revision): \(text)")
    }
    done[revision] = text
    if let words = awaited.removeValue(forKey: revision), words != text {
      fault("revision \(revision) was acknowledged as \(words), and did \(text)")
    }
    compareDump()
  }

  /// The store as it was opened is what its events made of it.
  private mutating func compareDump() {
    guard told == opened, dump != keys else { return }
    let names = Set(dump.keys).union(keys.keys).filter { dump[$0] != keys[$0] }.sorted()
    fault("the store at \(told) differs from its events in \(names)")
  }

  private mutating func fault(_ what: String) { faults.append("life \(lives): \(what)") }
}
