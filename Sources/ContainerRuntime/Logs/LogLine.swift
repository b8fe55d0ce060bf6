/// A line of a log file as the monitor writes it, in the format of Kubernetes' container runtimes:
/// `2024-02-03T04:05:06.789012345+01:00 stdout F text`, where `P` instead of `F` says that the text goes on in the next
/// line of the same stream.
enum LogLine {
  /// Reads one line, without its line end; nil where it is not in the format.
  static func parse(_ line: ArraySlice<UInt8>) -> LogEntry? {
    let space = UInt8(ascii: " ")
    guard let first = line.firstIndex(of: space), let time = time(line[..<first]) else { return nil }
    let afterTime = line[(first + 1)...]
    guard let second = afterTime.firstIndex(of: space) else { return nil }
    let stream: OutputStream
    switch afterTime.first {
    case UInt8(ascii: "s") where afterTime[..<second].elementsEqual("stdout".utf8): stream = .standardOutput
    case UInt8(ascii: "s") where afterTime[..<second].elementsEqual("stderr".utf8): stream = .standardError
    default: return nil
    }
    let tag = afterTime[(second + 1)...]
    guard tag.count >= 2, tag[tag.startIndex + 1] == space else { return nil }
    var bytes = Array(tag[(tag.startIndex + 2)...])
    switch tag.first {
    case UInt8(ascii: "F"):
      bytes.append(0x0A)
      return LogEntry(time: time, stream: stream, bytes: bytes)
    case UInt8(ascii: "P"): return LogEntry(time: time, stream: stream, bytes: bytes, isPartial: true)
    default: return nil
    }
  }

  /// Whether a line, or its beginning, ends a line of the container: the tag is `F`.
  static func isFull(_ line: ArraySlice<UInt8>) -> Bool {
    let space = UInt8(ascii: " ")
    guard let first = line.firstIndex(of: space), let second = line[(first + 1)...].firstIndex(of: space),
      second + 1 < line.endIndex
    else { return true }
    return line[second + 1] != UInt8(ascii: "P")
  }

  /// Reads `2024-02-03T04:05:06.789012345+01:00` (RFC 3339): nanoseconds since 1970.
  static func time(_ text: ArraySlice<UInt8>) -> Int64? {
    let t = Array(text)
    guard t.count >= 20 else { return nil }
    func number(_ from: Int, _ count: Int) -> Int64? {
      var value: Int64 = 0
      for i in from..<(from + count) {
        guard i < t.count, t[i] >= 0x30, t[i] <= 0x39 else { return nil }
        value = value * 10 + Int64(t[i] - 0x30)
      }
      return value
    }
    guard let year = number(0, 4), let month = number(5, 2), let day = number(8, 2), let hour = number(11, 2),
      let minute = number(14, 2), let second = number(17, 2)
    else { return nil }
    var nanoseconds: Int64 = 0
    var i = 19
    if t[i] == UInt8(ascii: ".") {
      i += 1
      var scale: Int64 = 100_000_000
      while i < t.count, t[i] >= 0x30, t[i] <= 0x39 {
        nanoseconds += Int64(t[i] - 0x30) * scale
        scale /= 10
        i += 1
      }
    }
    var offset: Int64 = 0
    guard i < t.count else { return nil }
    if t[i] != UInt8(ascii: "Z") {
      guard let hours = number(i + 1, 2), let minutes = number(i + 4, 2) else { return nil }
      offset = (hours * 60 + minutes) * 60
      if t[i] == UInt8(ascii: "-") { offset = -offset }
    }
    let seconds = days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (time, carry) = whole.addingReportingOverflow(nanoseconds)
    return overflow || carry ? nil : time
  }

  /// Days from 1970-01-01 to a date of the Gregorian calendar; years begin in March, so that leap days come last.
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let y = month > 2 ? year : year - 1
    let era = y / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}
