/// Which positions of a pool are taken: a tree of 64-bit words that exists only where something is taken. A word of the
/// lowest level has a bit for each position, a word above has a bit for each full word below, so that the next free
/// position is found in as many steps as the tree is high: four for a /8, eleven for an IPv6 /64.
public struct AddressBitmap: Sendable, Equatable, Codable {
  /// The highest position; positions start at 0.
  public let last: UInt128
  /// How many positions are taken.
  public private(set) var count: UInt128 = 0
  private var levels: [[UInt128: UInt64]]

  /// A pool with everything free.
  /// - Parameter last: the highest position, such as `CIDR.lastOffset`.
  public init(last: UInt128) {
    self.last = last
    var height = 1
    var words = last >> 6
    while words > 0 {
      height += 1
      words >>= 6
    }
    levels = Array(repeating: [:], count: height)
  }

  /// True when a position is taken.
  public func contains(_ position: UInt128) -> Bool {
    (levels[0][position >> 6] ?? 0) >> UInt64(position & 63) & 1 == 1
  }

  /// Takes a position; false when it is taken already or outside of the pool.
  public mutating func insert(_ position: UInt128) -> Bool {
    guard position <= last, !contains(position) else { return false }
    count += 1
    var index = position
    for level in levels.indices {
      let word = (levels[level][index >> 6] ?? 0) | 1 << UInt64(index & 63)
      levels[level][index >> 6] = word
      guard word == .max else { break }
      index >>= 6
    }
    return true
  }

  /// Frees a position; false when it was not taken.
  public mutating func remove(_ position: UInt128) -> Bool {
    guard position <= last, contains(position) else { return false }
    count -= 1
    var index = position
    for level in levels.indices {
      let old = levels[level][index >> 6] ?? 0
      let word = old & ~(1 << UInt64(index & 63))
      levels[level][index >> 6] = word == 0 ? nil : word
      guard old == .max else { break }
      index >>= 6
    }
    return true
  }

  /// The first free position at or after `start` and not after `end`; nil when all of them are taken.
  public func firstFree(from start: UInt128 = 0, through end: UInt128? = nil) -> UInt128? {
    let end = min(end ?? last, last)
    guard start <= end else { return nil }
    var index = start
    var level = 0
    // Up: while the rest of the word at this level is full, look one level higher behind it.
    while true {
      let below = (UInt64(1) << UInt64(index & 63)) - 1
      let free = ~(levels[level][index >> 6] ?? 0) & ~below
      if free != 0 {
        index = (index & ~63) | UInt128(free.trailingZeroBitCount)
        break
      }
      level += 1
      let (next, overflow) = (index >> 6).addingReportingOverflow(1)
      guard level < levels.count, !overflow else { return nil }
      index = next
    }
    // Down: the first free bit of each word on the way.
    while level > 0 {
      level -= 1
      let free = ~(levels[level][index] ?? 0)
      let (shifted, overflow) = index.multipliedReportingOverflow(by: 64)
      if overflow { return nil }
      index = shifted | UInt128(free.trailingZeroBitCount)
    }
    return index <= end ? index : nil
  }

  /// Takes the next free position after `previous`, beginning again at `start` when the end is reached: an address that
  /// was just given back is used again last, while neighbours may still remember its former owner.
  public mutating func allocate(
    after previous: UInt128?, from start: UInt128 = 0, through end: UInt128? = nil
  ) -> UInt128? {
    var found: UInt128?
    if let previous, previous >= start, previous < last { found = firstFree(from: previous + 1, through: end) }
    guard let position = found ?? firstFree(from: start, through: end) else { return nil }
    return insert(position) ? position : nil
  }

  /// What is taken, in order, as runs.
  public var runs: [ClosedRange<UInt128>] {
    var runs: [ClosedRange<UInt128>] = []
    for key in levels[0].keys.sorted() {
      var word = levels[0][key] ?? 0
      while word != 0 {
        let first = word.trailingZeroBitCount
        let length = (~(word >> UInt64(first))).trailingZeroBitCount
        let lower = key << 6 | UInt128(first)
        let upper = lower + UInt128(length - 1)
        if let previous = runs.last, previous.upperBound + 1 == lower {
          runs[runs.count - 1] = previous.lowerBound...upper
        } else {
          runs.append(lower...upper)
        }
        let end = first + length
        word = end >= 64 ? 0 : (word >> UInt64(end)) << UInt64(end)
      }
    }
    return runs
  }

  private enum CodingKeys: String, CodingKey { case last, taken }

  /// As `{"last": "65535", "taken": "0-3,7"}`: numbers as text, because JSON's numbers are too small for IPv6.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(String(last), forKey: .last)
    let text = runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
    try container.encode(text.joined(separator: ","), forKey: .taken)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func wrong(_ key: CodingKeys, _ text: String) -> DecodingError {
      .dataCorruptedError(forKey: key, in: container, debugDescription: "not a list of positions: \(text)")
    }
    let lastText = try container.decode(String.self, forKey: .last)
    guard let last = UInt128(lastText) else { throw wrong(.last, lastText) }
    self.init(last: last)
    let taken = try container.decode(String.self, forKey: .taken)
    for run in taken.split(separator: ",") {
      let ends = run.split(separator: "-", omittingEmptySubsequences: false)
      guard ends.count <= 2, let lower = UInt128(ends[0]), let upper = UInt128(ends[ends.count - 1]),
        lower <= upper, upper <= last, upper - lower < 1 << 26
      else { throw wrong(.taken, taken) }
      for position in lower...upper where !insert(position) { throw wrong(.taken, taken) }
    }
  }
}
