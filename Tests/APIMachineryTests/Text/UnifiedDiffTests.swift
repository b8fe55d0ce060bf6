import APIMachinery
import Testing

/// Texts whose differences Python's difflib gives, line for line.
@Suite struct UnifiedDiffTests {
  @Test func sameTextsHaveNone() {
    #expect(UnifiedDiff.text(from: "a\nb", to: "a\nb") == "")
    #expect(UnifiedDiff.text(from: "", to: "") == "")
  }

  @Test func changesThatAreNearShareTheirSurroundings() {
    let old = (1...20).map(String.init).joined(separator: "\n")
    let new = old.replacing("\n4\n", with: "\nfour\n").replacing("\n9\n", with: "\n").replacing(
      "\n20", with: "\n20\n21")
    #expect(
      UnifiedDiff.text(from: old, to: new) == """
        @@ -1,12 +1,11 @@
         1
         2
         3
        -4
        +four
         5
         6
         7
         8
        -9
         10
         11
         12
        @@ -18,3 +17,4 @@
         18
         19
         20
        +21

        """)
  }

  @Test func aTextOfNothingHasALineLessThanItShows() {
    #expect(UnifiedDiff.text(from: "{}", to: "{\n \"a\": 1\n}") == "@@ -1 +1,3 @@\n-{}\n+{\n+ \"a\": 1\n+}\n")
  }

  /// Of a long text, lines that are often there are not looked for: what is in between counts as changed.
  @Test func linesThatAreOftenThereSayNothingInLongTexts() {
    let old = (0..<240).map { "line \($0 * $0 % 23)" }
    var new = old
    new.removeSubrange(100..<103)
    new[200] = "other"
    new.insert("line 1", at: 20)
    new.insert("new", at: 150)
    let expected =
      ["@@ -18,223 +18,222 @@"] + old[17..<20].map { " \($0)" } + old[20...].map { "-\($0)" }
      + new[20...].map { "+\($0)" }
    let found = UnifiedDiff.text(from: old.joined(separator: "\n"), to: new.joined(separator: "\n"))
    #expect(found == expected.joined(separator: "\n") + "\n")
  }

  /// Applied to the old text, what differs gives the new one.
  @Test func whatDiffersMakesTheOneOfTheOther() {
    var state: UInt64 = 7
    func next(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
    for _ in 0..<200 {
      let old = (0..<next(60)).map { _ in "\(next(12))" }
      var new = old
      for _ in 0..<next(6) {
        if new.isEmpty || next(2) == 0 {
          new.insert("\(next(12))", at: next(new.count + 1))
        } else {
          new.remove(at: next(new.count))
        }
      }
      let text = UnifiedDiff.text(from: old.joined(separator: "\n"), to: new.joined(separator: "\n"))
      let whole = old.isEmpty ? [""] : old
      let applied = Self.apply(text, to: whole)
      #expect(applied == (new.isEmpty ? [""] : new), "\(text)")
    }
  }

  /// What two texts share is looked for only so long; what is told then is longer, and true.
  @Test func longTextsAreBounded() {
    let old = (0..<40_000).map { "\($0 % 199)" }
    let new = (0..<40_000).map { "\($0 * 7 % 211)" }
    let text = UnifiedDiff.text(from: old.joined(separator: "\n"), to: new.joined(separator: "\n"))
    let applied = Self.apply(text, to: old)
    #expect(applied == new)
  }

  @Test func linesAreTheSameOnlyByteForByte() {
    #expect(UnifiedDiff.text(from: "\u{e9}", to: "e\u{301}") == "@@ -1 +1 @@\n-\u{e9}\n+e\u{301}\n")
  }

  @Test func lineFeedsEndLinesAlsoAfterReturns() {
    #expect(UnifiedDiff.text(from: "a\r\nb", to: "a\r\nc") == "@@ -1,2 +1,2 @@\n a\r\n-b\n+c\n")
  }

  private static func apply(_ diff: String, to old: [String]) -> [String] {
    var (result, place): ([String], Int) = ([], 0)
    for line in diff.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      if line.hasPrefix("@@") {
        let range = line.split(separator: " ")[1].dropFirst().split(separator: ",").compactMap { Int($0) }
        let start = range.count == 2 && range[1] == 0 ? range[0] : range[0] - 1
        result += old[place..<start]
        place = start
        continue
      }
      if !line.hasPrefix("+") { place += 1 }
      if !line.hasPrefix("-") { result.append(String(line.dropFirst())) }
    }
    return result + old[place...]
  }
}
