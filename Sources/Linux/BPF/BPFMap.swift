import CLinux
import Glibc

/// A map of the kernel that programs and processes share (bpf(2)). It lives as long as somebody has a descriptor of it or
/// a program uses it. Keys and values are bytes, as programs see them.
public struct BPFMap: Sendable {
  /// How a map finds its values.
  public enum Kind: Sendable {
    /// Takes memory with each entry; a full map refuses more.
    case hash
    /// Has its memory from the beginning; a full map forgets what was not used for long.
    case leastRecentlyUsed

    var number: UInt32 { self == .hash ? 1 : 9 }
    /// BPF_F_NO_PREALLOC, which maps of the other kind cannot have.
    var flags: UInt32 { self == .hash ? 1 : 0 }
  }

  public let descriptor: FileDescriptor
  /// The kernel's number of it.
  public let id: UInt32
  public let name: String
  /// Bytes.
  public let keySize: Int
  public let valueSize: Int

  /// Makes a map.
  /// - Parameter name: at most 15 letters, digits, `_` and `.`.
  public static func create(
    _ kind: Kind, name: String, keySize: Int, valueSize: Int, capacity: Int
  ) throws(SystemError) -> BPFMap {
    let raw = try check("bpf", "create map \(name)") {
      apus_bpf_map_create(kind.number, UInt32(keySize), UInt32(valueSize), UInt32(capacity), kind.flags, name)
    }
    return try BPFMap(FileDescriptor(owning: raw))
  }

  /// Opens the map with a number; `.noEntry` where there is none any more.
  public init(id: UInt32) throws(SystemError) {
    try self.init(FileDescriptor(owning: try check("bpf", "map \(id)") { apus_bpf_map_open(id) }))
  }

  private init(_ descriptor: FileDescriptor) throws(SystemError) {
    var info = apus_bpf_map_info()
    let raw = descriptor.rawValue
    try check("bpf", "information on a map") { apus_bpf_map_info(raw, &info) }
    self.descriptor = descriptor
    id = info.id
    name = withUnsafeBytes(of: info.name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    keySize = Int(info.key_size)
    valueSize = Int(info.value_size)
  }

  /// Puts a value under a key, whether there is one already or not. A full map: E2BIG.
  public func set(_ key: [UInt8], to value: [UInt8]) throws(SystemError) {
    try requireKey(key)
    guard value.count == valueSize else { throw SystemError(.invalid, "bpf", "value for map \(name)") }
    let raw = descriptor.rawValue
    try check("bpf", "update map \(name)") { apus_bpf_map_update(raw, key, value, 0) }
  }

  /// The value under a key; nil where there is none.
  public func value(_ key: [UInt8]) throws(SystemError) -> [UInt8]? {
    try requireKey(key)
    let raw = descriptor.rawValue
    var value = [UInt8](repeating: 0, count: valueSize)
    if apus_bpf_map_lookup(raw, key, &value) == 0 { return value }
    if Errno.current == .noEntry { return nil }
    throw SystemError(.current, "bpf", "look up in map \(name)")
  }

  /// Removes a key; one that is not there is no error.
  public func remove(_ key: [UInt8]) throws(SystemError) {
    try requireKey(key)
    let raw = descriptor.rawValue
    if apus_bpf_map_delete(raw, key) != 0, Errno.current != .noEntry {
      throw SystemError(.current, "bpf", "delete from map \(name)")
    }
  }

  /// Whether there is nothing in it.
  public func isEmpty() throws(SystemError) -> Bool { try nextKey(after: nil) == nil }

  /// All entries. Where others change the map meanwhile, some may be missing.
  public func entries() throws(SystemError) -> [(key: [UInt8], value: [UInt8])] {
    // A key that is removed while we stand on it starts the walk again from the beginning.
    var seen: Set<[UInt8]> = []
    var entries: [(key: [UInt8], value: [UInt8])] = []
    var last: [UInt8]?
    while let key = try nextKey(after: last) {
      last = key
      guard seen.insert(key).inserted else { continue }
      if let value = try value(key) { entries.append((key, value)) }
    }
    return entries
  }

  private func nextKey(after key: [UInt8]?) throws(SystemError) -> [UInt8]? {
    let raw = descriptor.rawValue
    var next = [UInt8](repeating: 0, count: keySize)
    let result = key.map { apus_bpf_map_next_key(raw, $0, &next) } ?? apus_bpf_map_next_key(raw, nil, &next)
    if result == 0 { return next }
    if Errno.current == .noEntry { return nil }
    throw SystemError(.current, "bpf", "walk map \(name)")
  }

  private func requireKey(_ key: [UInt8]) throws(SystemError) {
    guard key.count == keySize else { throw SystemError(.invalid, "bpf", "key of map \(name)") }
  }
}
