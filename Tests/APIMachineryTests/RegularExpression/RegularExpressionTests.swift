import Testing

@testable import APIMachinery

@Suite("Regular expressions")
struct RegularExpressionTests {
  @Test(
    "what matches and what does not",
    arguments: [
      ("abc", "xabcx", true), ("abc", "ab", false), ("", "", true), ("", "x", true), ("^$", "", true),
      ("^$", "x", false),
      ("^abc$", "abc", true), ("^abc$", "abc\n", false), ("a|b", "b", true), ("^(a|b)+$", "abba", true),
      ("^a{2,3}$", "a", false), ("^a{2,3}$", "aa", true), ("^a{2,3}$", "aaaa", false), ("^a{2}$", "aa", true),
      ("^a{2,}$", "aaaaaa", true), ("^a{,3}$", "a{,3}", true), ("a{x}", "a{x}", true), ("^[^a-c]$", "d", true),
      ("^[^a-c]$", "b", false), ("^[]a]$", "]", true), ("^[a-]$", "-", true), ("^[-a]$", "-", true),
      (#"^\d+\.\d+$"#, "12.5", true), (#"^\w\W\s\S$"#, "a- x", true), (#"^[\d-]+$"#, "1-2", true), (".", "\n", false),
      ("(?s).", "\n", true), ("(?i)^abc$", "aBC", true), ("(?i:a)b", "Ab", true), ("(?i:a)b", "AB", false),
      ("(?i)^[k]$", "\u{212A}", true), ("(?i)^[^k]$", "\u{212A}", false), ("(?m)^b$", "a\nb\nc", true),
      ("^b$", "a\nb\nc", false), (#"\bfoo\b"#, "a foo b", true), (#"\bfoo\b"#, "afoo", false), (#"\Boo"#, "foo", true),
      (#"^\p{L}+$"#, "Straße", true), (#"^\pN$"#, "٣", true), (#"^\p{Greek}+$"#, "λόγος", true),
      (#"^\P{Greek}+$"#, "logos", true), (#"^\p{^Lu}$"#, "a", true), (#"^[[:alpha:]_]+$"#, "ab_", true),
      ("^[[:^digit:]]$", "5", false), (#"^\x41\x{1F600}$"#, "A😀", true), (#"^\Qa.b\E+$"#, "a.bbb", true),
      (#"^\101$"#, "A", true), ("(?P<n>a)(?<m>b)", "ab", true), ("^(a*)*$", "aaaa", true),
      ("^(a|ab)(c|bcd)(d*)$", "abcd", true),
      ("^.{3}$", "日本語", true), ("^(?:x?){3}$", "xx", true), ("a**?b".replacing("**?", with: "*?"), "aab", true),
      ("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "my-name", true), ("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "my-name-", false),
      (#"^\z"#, "", true), (#"\Aab"#, "cab", false), ("^[^\n]$", "\n", false), ("^[^a]$", "\n", true),
    ])
  func matching(pattern: String, text: String, expected: Bool) throws {
    #expect(try RegularExpression(pattern).matches(text) == expected)
  }

  @Test(
    "errors have Go's words",
    arguments: [
      ("(", "error parsing regexp: missing closing ): `(`"),
      ("a)", "error parsing regexp: unexpected ): `a)`"),
      ("[a", "error parsing regexp: missing closing ]: `[a`"),
      ("[z-a]", "error parsing regexp: invalid character class range: `z-a`"),
      ("*a", "error parsing regexp: missing argument to repetition operator: `*`"),
      ("a|*", "error parsing regexp: missing argument to repetition operator: `*`"),
      ("a**", "error parsing regexp: invalid nested repetition operator: `**`"),
      ("a{1001}", "error parsing regexp: invalid repeat count: `{1001}`"),
      ("a{2,1}", "error parsing regexp: invalid repeat count: `{2,1}`"),
      ("(a{100}){100}", "error parsing regexp: invalid repeat count: `{100}`"),
      ("(?=a)", "error parsing regexp: invalid or unsupported Perl syntax: `(?=`"),
      ("(?!a)", "error parsing regexp: invalid or unsupported Perl syntax: `(?!`"),
      ("(?<=a)", "error parsing regexp: invalid named capture: `(?<=a)`"),
      ("(?P<n>a)(?P<n>b)", "error parsing regexp: duplicate capture group name: `n`"),
      (#"\q"#, #"error parsing regexp: invalid escape sequence: `\q`"#),
      (#"\1"#, #"error parsing regexp: invalid escape sequence: `\1`"#),
      (#"\"#, "error parsing regexp: trailing backslash at end of expression: ``"),
      (#"\p{Nope}"#, #"error parsing regexp: invalid character class range: `\p{Nope}`"#),
      ("[[:nope:]]", "error parsing regexp: invalid character class range: `[:nope:]`"),
    ])
  func errors(pattern: String, expected: String) {
    let error = #expect(throws: RegularExpressionError.self) { try RegularExpression(pattern) }
    #expect(error?.description == expected)
  }

  @Test("matches are found from left to right, the first alternative first")
  func finding() throws {
    let text = "a1 bb22, c"
    let expression = try RegularExpression("(?P<letters>[a-z]+)([0-9]*)")
    #expect(expression.groupNames == ["", "letters", ""])
    let found = expression.matches(in: text).map { $0.map { $0.map { String(text[$0]) } } }
    #expect(found == [["a1", "a", "1"], ["bb22", "bb", "22"], ["c", "c", ""]])
    let first = try RegularExpression("a|ab").firstMatch(in: "xab")
    #expect(first?.count == 1)
    #expect(try RegularExpression("(a)|(b)").firstMatch(in: "b")?.map { $0 == nil } == [false, true, false])
    #expect(try RegularExpression("a*").matches(in: "baac").map { $0[0].map { "baac"[$0] } } == ["", "aa", ""])
    #expect(try RegularExpression("a+?").matches(in: "aaa").count == 3)
    #expect(try RegularExpression("(?U)a+").matches(in: "aaa", limit: 2).count == 2)
  }

  @Test("a pattern that drives backtracking to despair takes linear time")
  func linear() throws {
    let text = String(repeating: "a", count: 2000)
    #expect(try !RegularExpression("^(a+)+b$").matches(text))
    #expect(try !RegularExpression("^(a|aa)*(a|aa)*c$").matches(text))
  }

  @Test("any text is a pattern or an error")
  func fuzz() {
    var generator = SeededGenerator(seed: 7)
    let alphabet = Array("ab|*+?(){}[]^$\\.-:,0123456789piQEPx<>=!&~é")
    for _ in 0..<5000 {
      let pattern = String(
        (0..<Int.random(in: 0..<14, using: &generator)).map { _ in alphabet.randomElement(using: &generator) ?? "a" })
      guard let expression = try? RegularExpression(pattern) else { continue }
      for text in ["", "aab", "a-b:c\nd", "é"] {
        let matches = expression.matches(text)
        #expect(matches == (expression.firstMatch(in: text) != nil), "\(pattern) on \(text)")
      }
    }
  }
}
