/// What ps(1) printed, reduced to one container's processes. Pure.
struct ProcessTable: Equatable {
  var titles: [String]
  var processes: [[String]]

  init(parsing output: String, pids: Set<Int32>) throws(EngineError) {
    let lines = output.split(separator: "\n", omittingEmptySubsequences: false)
    let titles = Self.fields(lines.first ?? "")
    guard let column = titles.firstIndex(of: "PID") else {
      throw EngineError(.internalFailure, "Couldn't find PID field in ps output")
    }
    self.titles = titles
    processes = []
    // With threads shown, a thread's line has a dash where its process' line before has the number.
    var follows = false
    for line in lines.dropFirst() where !line.isEmpty {
      let fields = Self.fields(line)
      guard fields.count > column else { continue }
      if fields[column] == "-" {
        if follows { processes.append(Self.row(fields, width: titles.count)) }
        continue
      }
      guard let pid = Int32(fields[column]) else {
        throw EngineError(.internalFailure, "Unexpected pid '\(fields[column])': invalid syntax")
      }
      follows = pids.contains(pid)
      if follows { processes.append(Self.row(fields, width: titles.count)) }
    }
  }

  /// The last column takes everything that is left: commands have blanks.
  private static func row(_ fields: [String], width: Int) -> [String] {
    guard fields.count > width, width > 0 else { return fields }
    return Array(fields.prefix(width - 1)) + [fields[(width - 1)...].joined(separator: " ")]
  }

  /// Only blanks of ASCII separate: others belong to names.
  private static func fields(_ line: Substring) -> [String] {
    line.utf8.split { [0x20, 0x09, 0x0C, 0x0D].contains($0) }.map { String(Substring($0)) }
  }

  /// Docker lets no other column than `pid` be given the title `PID`, because that is the column it filters by.
  static func validate(arguments: String) throws(EngineError) {
    let words = arguments.split { $0.isWhitespace }
    var previous = false
    for word in words {
      // `-o pid=PID` may be written with a blank after the equals sign.
      guard let equals = word.firstIndex(of: "="), previous else {
        previous = true
        continue
      }
      let name = word[..<equals]
      let title = word[word.index(after: equals)...]
      if title.hasPrefix("PID"), name != "pid" {
        throw EngineError(.internalFailure, "specifying \"\(name)=\(title)\" is not allowed")
      }
    }
  }
}
