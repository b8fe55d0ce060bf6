import Linux

/// The table of short cuts in the kernel, with the programs that use it. Calls block.
///
/// All engines of a host share one: a control group takes no more than 64 programs for a hook, and a program that an
/// engine of each instance attached would stay when it is killed and never started again. So the one table belongs to
/// nobody. Whoever needs the first entry makes it and attaches it to the root of the v2 tree, which keeps it; whoever
/// takes the last entry away takes it off. Namespaces and owners keep the entries of instances apart. A host without
/// published ports has no program of ours, and one with many engines has three.
///
/// It is found by the names of its programs. Whoever changes it holds a lock on the directory of the group, which is the
/// same file for all engines in whatever namespaces they are; the kernel lets it go with the process.
final class ShortcutTable {
  /// More than a host has ports that are published and asked for; entries take memory as they come.
  private static let capacity = 16_384
  /// Connections whose owners may still ask for names. The oldest are forgotten: their owners see the container's.
  private static let peersCapacity = 16_384

  private let path: String
  /// What was attached when we last looked, to save looking for it by name.
  private var known: (program: UInt32, entries: BPFMap)?

  /// - Parameter path: the directory of the control group whose processes take short cuts.
  init(path: String) { self.path = path }

  /// Runs `body` while nobody else changes the table.
  /// - Throws: `.tryAgain` where another engine holds it for a second: it was stopped in the middle.
  func locked<Result>(_ body: (FileDescriptor) throws -> Result) throws -> Result {
    let group = try FileDescriptor.open(path, [.readOnly, .directory])
    defer { group.close() }
    try group.lock(within: 1000)
    return try body(group)
  }

  /// The entries of the table that is attached; nil where none is.
  func entries(_ group: FileDescriptor) throws -> BPFMap? {
    let ids = try CgroupPrograms.attached(to: group, .connect4)
    if let known, ids.contains(known.program) { return known.entries }
    known = nil
    for program in try ours(ids, .connect4) {
      guard let map = try Self.map(ShortcutPrograms.entriesName, of: program) else { continue }
      known = (program.id, map)
      return map
    }
    return nil
  }

  /// The entries of the table, made and attached where there is none. The lock is held.
  func make(_ group: FileDescriptor) throws -> BPFMap {
    if let entries = try entries(group) { return entries }
    // Names without a table: somebody was killed while attaching or taking off.
    try takeOff(group)
    return try attach(group)
  }

  /// Brings a table that is there into order: one program for each hook, all with the same maps, and those that this
  /// version would load. Any other is replaced by one with the same entries. The lock is held.
  func settle(_ group: FileDescriptor) throws {
    var attached: [CgroupHook: [BPFProgram]] = [:]
    for hook in CgroupHook.allCases {
      attached[hook] = try ours(try CgroupPrograms.attached(to: group, hook), hook)
    }
    let programs = attached.values.flatMap { $0 }
    if programs.isEmpty { return }
    if attached.values.allSatisfy({ $0.count == 1 }), let connect = attached[.connect4]?.first,
      let entries = try Self.map(ShortcutPrograms.entriesName, of: connect),
      let peers = try Self.map(ShortcutPrograms.peersName, of: connect),
      programs.allSatisfy({ $0.maps.contains(peers.id) })
    {
      let own = try Self.load(entries, peers)
      if attached.allSatisfy({ hook, programs in programs.first?.tag == own[hook]?.tag }) { return }
    }
    var kept: [(key: [UInt8], value: [UInt8])] = []
    for connect in attached[.connect4] ?? [] {
      kept += try Self.map(ShortcutPrograms.entriesName, of: connect)?.entries() ?? []
    }
    try takeOff(group)
    if kept.isEmpty { return }
    let map = try attach(group)
    for entry in kept { try map.set(entry.key, to: entry.value) }
  }

  /// Takes the table off where nothing is in it. The lock is held.
  func removeIfEmpty(_ group: FileDescriptor) throws {
    guard let entries = try entries(group), try entries.isEmpty() else { return }
    try takeOff(group)
  }

  /// Loads the programs and lets them go: an error tells why there can be no table here.
  static func probe() throws {
    let maps = try createMaps()
    _ = try load(maps.entries, maps.peers)
  }

  private static func createMaps() throws(SystemError) -> (entries: BPFMap, peers: BPFMap) {
    let entries = try BPFMap.create(
      .hash, name: ShortcutPrograms.entriesName, keySize: ShortcutEntry.keySize, valueSize: ShortcutEntry.valueSize,
      capacity: capacity)
    let peers = try BPFMap.create(
      .leastRecentlyUsed, name: ShortcutPrograms.peersName, keySize: ShortcutPrograms.peersKeySize,
      valueSize: ShortcutPrograms.peersValueSize, capacity: peersCapacity)
    return (entries, peers)
  }

  private func attach(_ group: FileDescriptor) throws -> BPFMap {
    let (entries, peers) = try Self.createMaps()
    let programs = try Self.load(entries, peers)
    do {
      // No connection takes a short cut before its names are told right.
      for hook in [CgroupHook.peerName4, .socketName4, .connect4] {
        if let program = programs[hook] { try CgroupPrograms.attach(program, to: group, hook) }
      }
    } catch {
      // Where this fails too, the next engine finds it.
      try? takeOff(group)
      throw error
    }
    if let connect = programs[.connect4] { known = (connect.id, entries) }
    return entries
  }

  private func takeOff(_ group: FileDescriptor) throws {
    known = nil
    for hook in [CgroupHook.connect4, .peerName4, .socketName4] {
      for program in try ours(try CgroupPrograms.attached(to: group, hook), hook) {
        try CgroupPrograms.detach(program, from: group, hook)
      }
    }
  }

  private func ours(_ ids: [UInt32], _ hook: CgroupHook) throws -> [BPFProgram] {
    try ids.compactMap { id in
      do throws(SystemError) {
        let program = try BPFProgram(id: id)
        return program.name == ShortcutPrograms.name(hook) ? program : nil
      } catch {
        // Somebody took it off while we looked.
        if error.code == .noEntry { return nil }
        throw error
      }
    }
  }

  private static func map(_ name: String, of program: BPFProgram) throws -> BPFMap? {
    for id in program.maps {
      let map = try BPFMap(id: id)
      guard map.name == name else { continue }
      let sizes =
        name == ShortcutPrograms.entriesName
        ? (ShortcutEntry.keySize, ShortcutEntry.valueSize)
        : (ShortcutPrograms.peersKeySize, ShortcutPrograms.peersValueSize)
      return (map.keySize, map.valueSize) == sizes ? map : nil
    }
    return nil
  }

  private static func load(_ entries: BPFMap, _ peers: BPFMap) throws -> [CgroupHook: BPFProgram] {
    func load(_ hook: CgroupHook, tellsMultipath: Bool) throws(SystemError) -> BPFProgram {
      let program = ShortcutPrograms.program(
        hook, entries: entries.descriptor.rawValue, peers: peers.descriptor.rawValue, tellsMultipath: tellsMultipath)
      return try BPFProgram.load(ShortcutPrograms.name(hook), for: hook, BPFAssembler.assemble(program))
    }
    var programs: [CgroupHook: BPFProgram] = [:]
    for hook in CgroupHook.allCases {
      do throws(SystemError) { programs[hook] = try load(hook, tellsMultipath: true) } catch {
        guard hook == .connect4, error.code == .invalid || error.code == .accessDenied else { throw error }
        programs[hook] = try load(hook, tellsMultipath: false)
      }
    }
    return programs
  }
}
