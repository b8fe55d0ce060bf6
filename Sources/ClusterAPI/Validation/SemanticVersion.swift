/// Versions as semver.org 2.0.0 writes them.
enum SemanticVersion {
  static func isOne(_ text: String) -> Bool {
    let build = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
    let release = build[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let numbers = release[0].split(separator: ".", omittingEmptySubsequences: false)
    guard numbers.count == 3, numbers.allSatisfy({ isNumber($0) }) else { return false }
    if release.count == 2, !parts(release[1]).allSatisfy({ isWord($0) && (!isDigits($0) || isNumber($0)) }) {
      return false
    }
    return build.count == 1 || parts(build[1]).allSatisfy { isWord($0) }
  }

  private static func parts(_ text: Substring) -> [Substring] {
    text.split(separator: ".", omittingEmptySubsequences: false)
  }

  private static func isDigits(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }

  /// Digits without a zero that says nothing.
  private static func isNumber(_ text: Substring) -> Bool {
    isDigits(text) && (text.utf8.count == 1 || text.utf8.first != UInt8(ascii: "0"))
  }

  private static func isWord(_ text: Substring) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == UInt8(ascii: "-")
      }
  }
}
