/// What a file of the time zone database says: how far a place's clocks were ahead of UTC, and since when (TZif, RFC 9636).
struct TimeZoneFile: Sendable {
  /// When clocks changed, in seconds since 1970, ascending.
  private let transitions: [Int64]
  /// Seconds east of UTC after each transition.
  private let offsets: [Int64]
  /// Before the first transition.
  private let first: Int64
  /// After the last one; nil where the last offset holds on.
  private let rule: TimeZoneRule?

  /// A file that is none.
  struct Malformed: Error, Equatable {
    let message: String
  }

  /// - Throws: where the bytes are no TZif of version 1 to 4.
  init(_ bytes: [UInt8]) throws(Malformed) {
    var reader = Reader(bytes: bytes)
    var header = try Header(&reader)
    var width = 4
    if header.version >= 2 {
      // The first block is for readers of version 1; the second one has whole times.
      try reader.skip(header.size(width: 4))
      header = try Header(&reader)
      width = 8
    }
    guard header.types > 0 else { throw Malformed(message: "no kind of local time") }
    var times: [Int64] = []
    for _ in 0..<header.times { times.append(try reader.integer(width)) }
    for (earlier, later) in zip(times, times.dropFirst()) where earlier >= later {
      throw Malformed(message: "transitions out of order")
    }
    var kinds: [Int] = []
    for _ in 0..<header.times { kinds.append(Int(try reader.integer(1) & 0xFF)) }
    var known: [Int64] = []
    for _ in 0..<header.types {
      known.append(try reader.integer(4))
      try reader.skip(2)
    }
    guard kinds.allSatisfy({ $0 < known.count }) else { throw Malformed(message: "a kind of local time is missing") }
    transitions = times
    offsets = kinds.map { known[$0] }
    first = known[0]
    guard header.version >= 2 else {
      rule = nil
      return
    }
    try reader.skip(header.names + header.leaps * (width + 4) + header.standards + header.universals)
    let text = try reader.footer()
    rule = text.isEmpty ? nil : TimeZoneRule(text)
    if !text.isEmpty, rule == nil { throw Malformed(message: "the rule \(text.goQuoted) is none") }
  }

  /// Seconds east of UTC at a time.
  func offset(at seconds: Int64) -> Int64 {
    guard let last = transitions.last, seconds >= transitions[0] else {
      return transitions.isEmpty ? rule?.offset(at: seconds) ?? first : first
    }
    if seconds >= last { return rule?.offset(at: seconds) ?? offsets[offsets.count - 1] }
    // The last transition that is not after the time.
    var (low, high) = (0, transitions.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if transitions[middle] <= seconds { low = middle } else { high = middle }
    }
    return offsets[low]
  }

  // MARK: Reading

  private struct Header {
    let version: Int
    let universals: Int
    let standards: Int
    let leaps: Int
    let times: Int
    let types: Int
    let names: Int

    init(_ reader: inout Reader) throws(Malformed) {
      guard try Array(reader.take(4)) == Array("TZif".utf8) else { throw Malformed(message: "no TZif") }
      let mark = UInt8(truncatingIfNeeded: try reader.integer(1))
      version = mark == 0 ? 1 : Int(mark) - 0x30
      guard (1...4).contains(version) else { throw Malformed(message: "version \(mark) is not known") }
      try reader.skip(15)
      var counts: [Int] = []
      for _ in 0..<6 {
        let count = try reader.integer(4)
        guard count >= 0 else { throw Malformed(message: "too much") }
        counts.append(Int(count))
      }
      (universals, standards, leaps) = (counts[0], counts[1], counts[2])
      (times, types, names) = (counts[3], counts[4], counts[5])
    }

    /// Bytes of the block that follows.
    func size(width: Int) -> Int {
      times * (width + 1) + types * 6 + names + leaps * (width + 4) + standards + universals
    }
  }

  private struct Reader {
    let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func take(_ count: Int) throws(Malformed) -> ArraySlice<UInt8> {
      guard count <= bytes.count - position else { throw Malformed(message: "the file ends too soon") }
      defer { position += count }
      return bytes[position..<position + count]
    }

    mutating func skip(_ count: Int) throws(Malformed) { _ = try take(count) }

    /// A number with its sign, the most significant byte first.
    mutating func integer(_ width: Int) throws(Malformed) -> Int64 {
      let part = try take(width)
      let value = part.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      let unused = UInt64(64 - 8 * width)
      return Int64(bitPattern: value << unused) >> Int64(unused)
    }

    /// The text between two line feeds.
    mutating func footer() throws(Malformed) -> String {
      guard try take(1) == [0x0A] else { throw Malformed(message: "no rule at the end") }
      let text = bytes[position...].prefix { $0 != 0x0A }
      try skip(text.count + 1)
      return String(decoding: text, as: UTF8.self)
    }
  }
}
