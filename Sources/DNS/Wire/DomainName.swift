/// A domain name (RFC 1035, section 3.1): labels of 1 to 63 bytes, at most 255 bytes in all.
///
/// Names are equal when they differ in the case of ASCII letters only (RFC 4343); the case itself is kept.
public struct DomainName: Sendable {
  /// The labels as they travel: each behind its length, and a zero byte at the end. Never compressed.
  public let wire: [UInt8]

  /// The most bytes of a name, lengths and the last zero included.
  public static let longest = 255
  /// The most bytes of a label.
  public static let longestLabel = 63
  /// The name without labels, written `.`.
  public static let root = DomainName(checked: [0])

  /// Takes bytes that are known to be a name.
  init(checked wire: [UInt8]) { self.wire = wire }

  /// From its labels, the host's own first. Nil when one is empty or too long, or when all together are.
  public init?(labels: some Sequence<some Collection<UInt8>>) {
    var wire: [UInt8] = []
    for label in labels {
      guard (1...Self.longestLabel).contains(label.count) else { return nil }
      wire.append(UInt8(label.count))
      wire.append(contentsOf: label)
      if wire.count >= Self.longest { return nil }
    }
    wire.append(0)
    self.wire = wire
  }

  /// The labels, the host's own first, without the empty one at the end.
  public var labels: [ArraySlice<UInt8>] {
    var labels: [ArraySlice<UInt8>] = []
    var offset = 0
    while wire[offset] != 0 {
      let next = offset + 1 + Int(wire[offset])
      labels.append(wire[(offset + 1)..<next])
      offset = next
    }
    return labels
  }

  /// How many labels there are; the root has none.
  public var labelCount: Int {
    var count = 0
    var offset = 0
    while wire[offset] != 0 {
      offset += 1 + Int(wire[offset])
      count += 1
    }
    return count
  }

  /// True for the name without labels.
  public var isRoot: Bool { wire.count == 1 }

  /// The name without its first label; nil for the root.
  public var parent: DomainName? {
    isRoot ? nil : DomainName(checked: Array(wire[(1 + Int(wire[0]))...]))
  }

  /// True when the name is `other` or below it.
  public func isInside(_ other: DomainName) -> Bool {
    let surplus = wire.count - other.wire.count
    guard surplus >= 0 else { return false }
    // The tail must begin where a label begins, or `notexample.com` would be inside `example.com`.
    var offset = 0
    while offset < surplus { offset += 1 + Int(wire[offset]) }
    guard offset == surplus else { return false }
    for index in 0..<other.wire.count where folded(wire[surplus + index]) != folded(other.wire[index]) {
      return false
    }
    return true
  }

  /// This name in front of another; nil when both together are too long.
  public func appending(_ other: DomainName) -> DomainName? {
    guard wire.count - 1 + other.wire.count <= Self.longest else { return nil }
    return DomainName(checked: wire.dropLast() + other.wire)
  }
}

extension DomainName: Hashable {
  public static func == (a: DomainName, b: DomainName) -> Bool {
    guard a.wire.count == b.wire.count else { return false }
    for index in 0..<a.wire.count {
      let (x, y) = (a.wire[index], b.wire[index])
      if x != y, folded(x) != folded(y) { return false }
    }
    return true
  }

  public func hash(into hasher: inout Hasher) {
    // Eight bytes at a time: the hasher has a price for each call.
    var word: UInt64 = 0
    var filled = 0
    for byte in wire {
      word = word << 8 | UInt64(folded(byte))
      filled += 1
      if filled == 8 {
        hasher.combine(word)
        (word, filled) = (0, 0)
      }
    }
    hasher.combine(word)
  }
}

/// The lower-case letter for an upper-case one. Lengths of labels are below the letters, so a whole name can be folded.
@inline(__always)
func folded(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
