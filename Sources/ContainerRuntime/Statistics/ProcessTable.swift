/// The output of ps(1), cut down to some processes.
enum ProcessTable {
  /// Columns are parted by blanks; the last one holds the rest of its line. Throws where there is no PID column.
  static func select(
    _ output: String, pids: Set<Int32>
  ) throws(RuntimeError) -> (titles: [String], processes: [[String]]) {
    let lines = output.split(separator: "\n")
    let titles = (lines.first ?? "").split(separator: " ").map(String.init)
    guard let column = titles.firstIndex(of: "PID") else {
      throw RuntimeError(.invalidSpecification, "Couldn't find PID field in ps output")
    }
    var processes: [[String]] = []
    var previousWasOurs = false
    for line in lines.dropFirst() {
      let fields = line.split(separator: " ", maxSplits: titles.count - 1).map(String.init)
      // With -m or -T, ps shows threads in lines with a dash below their process.
      if fields.count > column, fields[column] == "-" {
        if previousWasOurs { processes.append(fields) }
        continue
      }
      guard fields.count > column, let pid = Int32(fields[column]) else {
        throw RuntimeError(.failed, "unexpected pid '\(fields.count > column ? fields[column] : "")' in ps output")
      }
      previousWasOurs = pids.contains(pid)
      if previousWasOurs { processes.append(fields) }
    }
    return (titles, processes)
  }
}
