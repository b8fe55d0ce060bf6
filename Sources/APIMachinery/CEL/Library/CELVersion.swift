/// A semantic version (Semantic Versioning 2.0.0).
struct CELVersion: CELOpaque {
  static let type = CELType.opaque("kubernetes.Semver", [])

  private(set) var core: [UInt64] = []
  private var prerelease: [String] = []
  private var build: [String] = []

  var type: CELType { Self.type }
  func isEqual(_ other: any CELOpaque) -> Bool { (other as? CELVersion)?.compare(self) == 0 }

  /// - Parameter normalize: whether a leading `v` goes, missing parts are zero and leading zeros go.
  /// - Throws: ``CELEvaluationError``
  init(_ text: String, normalize: Bool) throws {
    var text = text
    if normalize { text = Self.normalized(text) }
    guard !text.isEmpty else { throw CELEvaluationError("Version string empty") }
    let plus = text.firstIndex(of: "+")
    let beforeBuild = text[..<(plus ?? text.endIndex)]
    let parts = beforeBuild.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3 else { throw CELEvaluationError("No Major.Minor.Patch elements found") }
    var patch = parts[2]
    if let dash = patch.firstIndex(of: "-") {
      prerelease = patch[patch.index(after: dash)...].split(separator: ".", omittingEmptySubsequences: false).map(
        String.init)
      patch = patch[..<dash]
    }
    for (name, part) in [("Major", parts[0]), ("Minor", parts[1]), ("Patch", patch)] {
      guard !part.isEmpty, part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt64(part) else {
        throw CELEvaluationError(
          "Invalid character(s) found in \(name.lowercased()) number \(String(part).goQuoted)")
      }
      guard part.utf8.count == 1 || part.first != "0" else {
        throw CELEvaluationError("\(name) number must not contain leading zeroes \(String(part).goQuoted)")
      }
      core.append(number)
    }
    for part in prerelease {
      guard !part.isEmpty else { throw CELEvaluationError("Prerelease is empty") }
      guard part.utf8.allSatisfy(Self.isIdentifier) else {
        throw CELEvaluationError("Invalid character(s) found in prerelease \(part.goQuoted)")
      }
      if Self.isNumber(part), part.utf8.count > 1, part.hasPrefix("0") {
        throw CELEvaluationError("Numeric PreRelease version must not contain leading zeroes \(part.goQuoted)")
      }
    }
    guard let plus else { return }
    build = text[text.index(after: plus)...].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    for part in build {
      guard !part.isEmpty else { throw CELEvaluationError("Build meta data is empty") }
      guard part.utf8.allSatisfy(Self.isIdentifier) else {
        throw CELEvaluationError("Invalid character(s) found in build meta data \(part.goQuoted)")
      }
    }
  }

  private static func isIdentifier(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "-")
  }

  private static func isNumber(_ text: String) -> Bool { text.utf8.allSatisfy { (0x30...0x39).contains($0) } }

  private static func normalized(_ text: String) -> String {
    let text = text.hasPrefix("v") ? text.dropFirst() : text[...]
    var parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false).map { part -> String in
      guard part.utf8.count > 1 else { return String(part) }
      let rest = part.drop { $0 == "0" }
      return rest.first?.isASCII == true && rest.first?.isNumber == true ? String(rest) : "0" + rest
    }
    if parts.count < 3, parts.last.map({ $0.contains("+") || $0.contains("-") }) ?? false { return String(text) }
    while parts.count < 3 { parts.append("0") }
    return parts.joined(separator: ".")
  }

  /// -1, 0 or 1; what was built says nothing.
  func compare(_ other: CELVersion) -> Int64 {
    for (a, b) in zip(core, other.core) where a != b { return a < b ? -1 : 1 }
    if prerelease.isEmpty || other.prerelease.isEmpty {
      return prerelease.isEmpty == other.prerelease.isEmpty ? 0 : prerelease.isEmpty ? 1 : -1
    }
    for (a, b) in zip(prerelease, other.prerelease) where a != b {
      switch (Self.isNumber(a), Self.isNumber(b)) {
      case (true, true): return a.utf8.count == b.utf8.count ? (a < b ? -1 : 1) : a.utf8.count < b.utf8.count ? -1 : 1
      case (true, false): return -1
      case (false, true): return 1
      case (false, false): return a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
      }
    }
    return Int64((prerelease.count - other.prerelease.count).signum())
  }
}

extension CELLibrary {
  static func addVersions(_ table: inout CELFunctionTable) {
    let type = CELVersion.type
    let make: CELFunctionBody = { values, _ in
      .opaque(try CELVersion(values[0].string(), normalize: values.count > 1 ? values[1].bool() : false))
    }
    table.global("semver", "string_to_semver", [.string], type, make)
    table.global("semver", "string_bool_to_semver", [.string, .bool], type, make)
    let test: CELFunctionBody = { values, _ in
      let text = try values[0].string()
      let normalize = values.count > 1 ? try values[1].bool() : false
      return .bool((try? CELVersion(text, normalize: normalize)) != nil)
    }
    table.global("isSemver", "is_semver_string", [.string], .bool, test)
    table.global("isSemver", "is_semver_string_bool", [.string, .bool], .bool, test)
    for (index, name) in ["major", "minor", "patch"].enumerated() {
      table.member(name, "semver_\(name)", type, .int) { values, _ in
        .int(Int64(clamping: try values[0].opaque(CELVersion.self).core[index]))
      }
    }
    addComparisons(&table, type, "semver") { a, b in
      try a.opaque(CELVersion.self).compare(b.opaque(CELVersion.self))
    }
  }
}
