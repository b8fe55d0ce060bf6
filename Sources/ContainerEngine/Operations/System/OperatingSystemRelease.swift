/// The text of an os-release(5) file.
struct OperatingSystemRelease: Equatable {
  private(set) var values: [String: String] = [:]

  init(parsing text: String) {
    for line in text.split(whereSeparator: \.isNewline) {
      guard !line.hasPrefix("#"), let equals = line.firstIndex(of: "=") else { continue }
      var value = line[line.index(after: equals)...]
      while value.last?.isWhitespace ?? false { value = value.dropLast() }
      if let quote = value.first, quote == "\"" || quote == "'", value.count > 1, value.last == quote {
        value = value.dropFirst().dropLast()
      }
      var plain = ""
      var escaped = false
      for character in value {
        if character == "\\", !escaped {
          escaped = true
          continue
        }
        plain.append(character)
        escaped = false
      }
      values[String(line[..<equals])] = plain
    }
  }

  /// What people call the system; `Linux` where the file does not tell.
  var prettyName: String {
    if let name = values["PRETTY_NAME"], !name.isEmpty { return name }
    return values["NAME"] ?? "Linux"
  }

  var version: String { values["VERSION_ID"] ?? "" }
}
