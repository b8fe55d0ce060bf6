import Linux
import NetworkModel

/// The short cuts of one engine: what its processes' connections to published ports on loopback addresses take instead of
/// translation, where the kernel can do that. Not thread-safe, and calls block: the controller's thread alone uses it.
///
/// Nothing depends on a short cut being there, so one that cannot be made is told of and no error. One that is there
/// leads to a container's address, so one that cannot be taken away keeps its endpoint's address from being given to
/// another container.
final class LoopbackShortcuts {
  private let table: ShortcutTable?
  private let namespace: UInt64
  private let owner: UInt64
  private let inform: @Sendable (String) -> Void
  /// Whether short cuts are made.
  private(set) var isOn: Bool
  /// Whether any of ours may be there: they are taken away even where no more are made.
  private var mayHold = false

  /// Looks for what it needs, in the calling thread's network namespace.
  /// - Parameters:
  ///   - instance: the engine's name.
  ///   - isWanted: whether there shall be any.
  ///   - group: the directory of the control group whose processes take them; nil means the root of the v2 tree.
  ///   - inform: is told once why there are none.
  init(instance: String, isWanted: Bool, group: String?, inform: @escaping @Sendable (String) -> Void) {
    self.inform = inform
    owner = ShortcutEntry.owner(instance)
    isOn = isWanted
    var table: ShortcutTable?
    var namespace: UInt64 = 0
    var lack: String?
    do {
      namespace = try LiveNamespaces.number()
      table = try (group ?? Self.rootGroup(try Mounts.all())).map { ShortcutTable(path: $0) }
      if table == nil { lack = Self.noTree }
    } catch { lack = "\(error)" }
    self.table = table
    self.namespace = namespace
    if let lack { refuse(lack) }
  }

  static let noTree = "no control group tree of version 2 is mounted here"

  /// Where the v2 tree is mounted with its root; nil where it is not.
  static func rootGroup(_ mounts: [MountPoint]) -> String? {
    mounts.first { $0.fileSystem == "cgroup2" && $0.root == "/" }?.path
  }

  /// Brings the kernel to hold just these of this engine, whatever it holds now, and takes away what belongs to namespaces
  /// that are no more.
  func reconcile(_ planned: [LoopbackShortcut]) throws {
    guard let table else { return }
    do {
      try table.locked { group in
        if let map = try table.entries(group) {
          let there = try Self.entries(of: map)
          mayHold = true
          let foreign = Set(there.map(\.namespace)).subtracting([namespace])
          let gone = try LiveNamespaces.gone(among: foreign) ?? []
          for entry in there where gone.contains(entry.namespace) { try map.remove(entry.key) }
          for entry in difference(planned, there).going { try map.remove(entry.key) }
        }
        try table.settle(group)
        let there = try table.entries(group).map { try Self.entries(of: $0) } ?? []
        let coming = difference(planned, there).coming
        try put(coming, group, table)
        try table.removeIfEmpty(group)
      }
      if !isOn { mayHold = false }
    } catch let error as SystemError where error.isLackOfPrograms { refuse("\(error)") }
  }

  /// Makes short cuts, as far as that is possible.
  func add(_ shortcuts: [LoopbackShortcut]) {
    guard isOn, let table, !shortcuts.isEmpty else { return }
    do {
      try table.locked { group in try put(Set(entries(shortcuts)), group, table) }
    } catch let error as SystemError where error.isLackOfPrograms { refuse("\(error)") } catch {
      Diagnostics.warn("no short cut to a published port is made: \(error)")
    }
  }

  /// Takes short cuts away; those that are gone already, and what is another engine's, are no error.
  func remove(_ shortcuts: [LoopbackShortcut]) throws {
    guard mayHold, let table, !shortcuts.isEmpty else { return }
    try table.locked { group in
      guard let map = try table.entries(group) else { return }
      for entry in entries(shortcuts) where try map.value(entry.key) == entry.value { try map.remove(entry.key) }
      try table.removeIfEmpty(group)
    }
  }

  /// Those that shall be there: none where there are none at all.
  func wanted(_ shortcuts: [LoopbackShortcut]) -> [LoopbackShortcut] { isOn ? shortcuts : [] }

  /// Those that the kernel does not hold of what it shall hold.
  func missing(_ shortcuts: [LoopbackShortcut]) throws -> [LoopbackShortcut] {
    let wanted = wanted(shortcuts)
    guard let table, !wanted.isEmpty else { return [] }
    return try table.locked { group in
      guard let map = try table.entries(group) else { return wanted }
      return try zip(wanted, entries(wanted)).filter { try map.value($0.1.key) != $0.1.value }.map(\.0)
    }
  }

  private func put(_ entries: Set<ShortcutEntry>, _ group: FileDescriptor, _ table: ShortcutTable) throws {
    if entries.isEmpty { return }
    let map = try table.make(group)
    mayHold = true
    for entry in entries { try map.set(entry.key, to: entry.value) }
  }

  private func difference(_ planned: [LoopbackShortcut], _ there: [ShortcutEntry]) -> ShortcutDifference {
    ShortcutDifference(planned: wanted(planned), there: there, namespace: namespace, owner: owner)
  }

  private func entries(_ shortcuts: [LoopbackShortcut]) -> [ShortcutEntry] {
    shortcuts.map { ShortcutEntry(namespace: namespace, shortcut: $0, owner: owner) }
  }

  private static func entries(of map: BPFMap) throws -> [ShortcutEntry] {
    try map.entries().compactMap { ShortcutEntry(key: $0.key, value: $0.value) }
  }

  private func refuse(_ why: String) {
    if isOn { inform("published ports on loopback are reached by translation alone, without a short cut: \(why)") }
    isOn = false
  }
}

extension SystemError {
  /// Whether the kernel knows no such programs, or who rules it lets nobody have any, or what we attach them to is no
  /// control group.
  fileprivate var isLackOfPrograms: Bool {
    let codes: Set<Errno> = [
      .notPermitted, .accessDenied, .invalid, .notImplemented, .notSupported, .badDescriptor,
    ]
    return operation == "bpf" && codes.contains(code)
  }
}
