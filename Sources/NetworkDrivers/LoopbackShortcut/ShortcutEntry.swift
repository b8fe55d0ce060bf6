import Addressing
import NetworkModel

/// One entry of the table of short cuts that the engines of a host share, as the programs read it.
struct ShortcutEntry: Sendable, Hashable {
  static let keySize = 16
  static let valueSize = 16

  /// The network namespace whose processes take it (SO_NETNS_COOKIE). Never given twice: an entry of a namespace that is
  /// no more is never found again.
  var namespace: UInt64
  var shortcut: LoopbackShortcut
  /// The instance that made it, see `owner(_:)`.
  var owner: UInt64

  init(namespace: UInt64, shortcut: LoopbackShortcut, owner: UInt64) {
    self.namespace = namespace
    self.shortcut = shortcut
    self.owner = owner
  }

  /// Reads what the kernel holds; nil for what is no entry.
  init?(key: [UInt8], value: [UInt8]) {
    guard key.count == Self.keySize, value.count == Self.valueSize else { return nil }
    func number<Number: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>, bigEndian: Bool) -> Number {
      (bigEndian ? bytes : ArraySlice(bytes.reversed())).reduce(Number(0)) { $0 << 8 | Number($1) }
    }
    namespace = number(key[0..<8], bigEndian: false)
    owner = number(value[8..<16], bigEndian: false)
    shortcut = LoopbackShortcut(
      address: IPv4Address(rawValue: number(key[8..<12], bigEndian: true)),
      port: Port(rawValue: number(key[12..<14], bigEndian: true)),
      target: IPv4Address(rawValue: number(value[0..<4], bigEndian: true)),
      targetPort: Port(rawValue: number(value[4..<6], bigEndian: true)))
  }

  /// The namespace's number, then address and port in the order in which they are sent, and two bytes of nothing.
  var key: [UInt8] {
    Self.littleEndian(namespace) + shortcut.address.bytes + Self.bigEndian(shortcut.port.rawValue) + [0, 0]
  }

  /// Address and port in the order in which they are sent, two bytes of nothing, and the owner.
  var value: [UInt8] {
    shortcut.target.bytes + Self.bigEndian(shortcut.targetPort.rawValue) + [0, 0] + Self.littleEndian(owner)
  }

  /// An instance in eight bytes: FNV-1a of its name.
  static func owner(_ instance: String) -> UInt64 {
    instance.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  private static func littleEndian(_ value: UInt64) -> [UInt8] { (0..<8).map { UInt8(value >> ($0 * 8) & 255) } }
  private static func bigEndian(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 255)] }
}

/// What is to be done to a table so that it holds what one engine has planned.
struct ShortcutDifference: Sendable, Hashable {
  /// Entries to take away: done first, so that no connection finds its way to the next owner of an address.
  var going: Set<ShortcutEntry> = []
  /// Entries to put in, in place of what has their key.
  var coming: Set<ShortcutEntry> = []

  var isEmpty: Bool { going.isEmpty && coming.isEmpty }

  /// Compares. Pure.
  ///
  /// What other instances have in this namespace is theirs, except under a key that is planned here: whoever plans it
  /// holds the port. What belongs to other namespaces is left alone.
  /// - Parameters:
  ///   - planned: what shall be there for `owner` in `namespace`.
  ///   - there: all that the table holds.
  init(planned: some Sequence<LoopbackShortcut>, there: [ShortcutEntry], namespace: UInt64, owner: UInt64) {
    let wanted = Set(planned.map { ShortcutEntry(namespace: namespace, shortcut: $0, owner: owner) })
    let here = Set(there.filter { $0.namespace == namespace })
    coming = wanted.subtracting(here)
    let keys = Set(wanted.map(\.key))
    going = here.filter { $0.owner == owner && !wanted.contains($0) && !keys.contains($0.key) }
  }
}
