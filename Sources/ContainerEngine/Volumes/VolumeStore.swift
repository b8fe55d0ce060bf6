import AsyncWork
import FoundationEssentials
import KeyValueStore
import Linux
import NetworkModel
import Synchronization

/// A directory that outlives containers.
public struct Volume: Codable, Sendable, Equatable {
  public let name: String
  public let driver: String
  /// Where its content lies on the host.
  public let mountpoint: String
  /// Nanoseconds since 1970.
  public let created: Int64
  public let labels: [String: String]
  public let options: [String: String]
  /// The engine named it for a container.
  public let isAnonymous: Bool
  /// The container whose creation made this volume, for as long as it is there. An owner that is unknown at recovery was
  /// never acknowledged, or was being removed with its volumes: the volume is garbage then.
  public internal(set) var owner: String?
}

/// The volumes of the `local` driver: `<data-dir>/volumes/NAME/_data`, or what the options `type`, `device` and `o`
/// describe, mounted while a container uses it.
public final class VolumeStore: Sendable {
  private static let prefix = "volumes/"
  private static let removing = ".removing."
  private static let knownOptions: Set<String> = ["type", "device", "o", "size"]
  private struct State {
    var volumes: [String: Volume] = [:]
    /// Containers that have a mounted (`device`) volume in use.
    var users: [String: Set<String>] = [:]
    /// Containers whose creation is under way and that will mount a volume: no table of containers knows them yet.
    var claims: [String: Set<String>] = [:]
  }
  private let state = Mutex(State())
  private let directory: String
  private let store: any KeyValueStore
  private let pool: BlockingPool
  private let changes = AsyncLock()

  /// Reads what is there.
  public init(directory: String, store: any KeyValueStore, pool: BlockingPool) async throws {
    self.directory = directory
    self.store = store
    self.pool = pool
    try await pool.run { try FileSystem.makeDirectories(directory, mode: 0o701) }
    for entry in try await store.list(prefix: Self.prefix) {
      let volume = try JSONDecoder().decode(Volume.self, from: Data(entry.value))
      state.withLock { $0.volumes[volume.name] = volume }
    }
  }

  /// By name.
  public func volumes() -> [Volume] { state.withLock { $0.volumes.values.sorted { $0.name < $1.name } } }

  public func volume(_ name: String) throws(EngineError) -> Volume {
    guard let volume = state.withLock({ $0.volumes[name] }) else {
      throw EngineError(.notFound, "get \(name): no such volume")
    }
    return volume
  }

  /// Makes a volume, or returns the one of that name. Without a name it gets one of 64 digits.
  ///
  /// - Parameters:
  ///   - owner: see `Volume.owner`.
  ///   - container: whose creation needs it: until `unclaim` nobody removes the volume.
  public func create(
    name: String?, driver: String = "local", options: [String: String] = [:], labels: [String: String] = [:],
    owner: String? = nil, claimedBy container: String? = nil
  ) async throws(EngineError) -> Volume {
    let given = name.flatMap { $0.isEmpty ? nil : $0 }
    let name = given ?? Identifier.random()
    guard driver.isEmpty || driver == "local" else {
      throw EngineError(.notFound, "error looking up volume plugin \(driver): plugin \"\(driver)\" not found")
    }
    guard Identifier.isValidName(name) else {
      throw EngineError(
        .invalidParameter,
        "create \(name): \"\(name)\" includes invalid characters for a local volume name, only "
          + "\"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path")
    }
    for option in options.keys.sorted() where !Self.knownOptions.contains(option) {
      throw EngineError(.invalidParameter, "create \(name): invalid option: \"\(option)\"")
    }
    if options["device"] == nil, let option = options.keys.sorted().first {
      throw EngineError(.invalidParameter, "create \(name): missing required option: \"device\" (with \"\(option)\")")
    }
    do {
      return try await changes.withLock {
        if let known = state.withLock({ $0.volumes[name] }) {
          guard options.isEmpty || options == known.options else {
            throw EngineError(.conflict, "create \(name): a volume with that name exists with other options")
          }
          if let container { claim(name, for: container) }
          return known
        }
        let root = "\(directory)/\(name)"
        let volume = Volume(
          name: name, driver: "local", mountpoint: root + "/_data", created: Clock.realtime, labels: labels,
          options: options, isAnonymous: given == nil, owner: given == nil ? owner : nil)
        try await pool.run {
          try FileSystem.makeDirectories(root, mode: 0o701)
          try FileSystem.makeDirectories(root + "/_data", mode: 0o755)
        }
        try await store.put(Self.prefix + name, Array(try JSONEncoder().encode(volume)))
        state.withLock { $0.volumes[name] = volume }
        if let container { claim(name, for: container) }
        return volume
      }
    } catch let error as EngineError { throw error } catch {
      throw EngineError(.internalFailure, "create \(name): \(error)", cause: error)
    }
  }

  private func claim(_ name: String, for container: String) {
    _ = state.withLock { $0.claims[name, default: []].insert(container) }
  }

  /// A container's creation has ended, well or not.
  func unclaim(by container: String) {
    state.withLock { state in
      for name in state.claims.filter({ $0.value.contains(container) }).keys {
        state.claims[name]?.remove(container)
        if state.claims[name]?.isEmpty == true { state.claims[name] = nil }
      }
    }
  }

  /// What makes volumes independent of their owner, to be committed together with the owner's removal. Call `disowned`
  /// after the commit.
  func disowning(_ names: [String]) throws -> [Mutation] {
    try state.withLock { state in
      try names.compactMap { name in
        guard var volume = state.volumes[name], volume.owner != nil else { return nil }
        volume.owner = nil
        return .put(key: Self.prefix + name, value: Array(try JSONEncoder().encode(volume)))
      }
    }
  }

  /// The mutations of `disowning` are on disk.
  func disowned(_ names: [String]) {
    state.withLock { state in
      for name in names { state.volumes[name]?.owner = nil }
    }
  }

  /// Removes volumes whose owner is not among `containers`: see `Volume.owner`.
  func removeOrphans(except containers: Set<String>) async throws {
    var errors = ErrorList()
    for volume in volumes() {
      guard let owner = volume.owner, !containers.contains(owner) else { continue }
      do { try await remove(volume.name, force: true, users: []) } catch { errors.append(error) }
    }
    try errors.throwIfAny("volumes of containers that are gone")
  }

  /// Removes a volume and its content. `users` tells who still has it.
  public func remove(_ name: String, force: Bool, users: [String]) async throws(EngineError) {
    do {
      try await changes.withLock {
        guard let volume = state.withLock({ $0.volumes[name] }) else {
          if force { return }
          throw EngineError(.notFound, "get \(name): no such volume")
        }
        let users = users + state.withLock { Array($0.claims[name] ?? []) }
        guard users.isEmpty else {
          throw EngineError(.conflict, "remove \(name): volume is in use - [\(users.joined(separator: ", "))]")
        }
        // Aside first: whatever the instant of a crash, recovery sees that the removal was decided and finishes it.
        let root = "\(directory)/\(name)"
        let aside = "\(directory)/\(Self.removing)\(name)@\(Identifier.random().prefix(12))"
        try await pool.run {
          if volume.options["device"] != nil { try Mounts.unmount(volume.mountpoint, lazily: true) }
          if FileSystem.exists(root) { try FileSystem.rename(root, to: aside) }
        }
        try await store.delete(Self.prefix + name)
        _ = state.withLock { $0.volumes.removeValue(forKey: name) }
        try await pool.run { try FileSystem.removeTree(aside) }
      }
    } catch let error as EngineError { throw error } catch {
      throw EngineError(.internalFailure, "remove \(name): \(error)", cause: error)
    }
  }

  /// Mounts a volume that stands for a device or another file system, for one more container.
  func acquire(_ name: String, for container: String) async throws(EngineError) {
    let volume = try volume(name)
    guard let device = volume.options["device"] else { return }
    do {
      try await changes.withLock {
        let first = state.withLock { state in
          let first = state.users[name]?.isEmpty ?? true
          state.users[name, default: []].insert(container)
          return first
        }
        guard first else { return }
        do {
          try await pool.run {
            guard !(try Mounts.all().contains { $0.path == volume.mountpoint }) else { return }
            let (flags, rest) = MountOptions.parse(volume.options["o"] ?? "")
            try Mounts.mount(
              source: device, at: volume.mountpoint, type: volume.options["type"] ?? "", flags: flags, options: rest)
          }
        } catch {
          _ = state.withLock { $0.users[name]?.remove(container) }
          throw EngineError(
            .internalFailure, "failed to mount local volume: mount \(device):\(volume.mountpoint): \(error)",
            cause: error)
        }
      }
    } catch { throw error as? EngineError ?? EngineError(.internalFailure, "\(error)", cause: error) }
  }

  /// Unmounts it when the last container lets go.
  func release(_ name: String, by container: String) async {
    guard let volume = try? volume(name), volume.options["device"] != nil else { return }
    await changes.withLock {
      let last = state.withLock { state in
        state.users[name]?.remove(container)
        return state.users[name]?.isEmpty ?? true
      }
      guard last else { return }
      do { try await pool.run { try Mounts.unmount(volume.mountpoint, lazily: true) } } catch {
        Log.warning("volume \(name): \(error)")
      }
    }
  }

  /// Finishes removals that a crash cut short, and takes away what a creation left before it was known. A directory
  /// with content that the store does not know is somebody's data and stays.
  func removeStrays() async throws {
    let known = Set(volumes().map(\.name))
    let directory = directory
    let names = try await pool.run { try FileSystem.list(directory) }
    var errors = ErrorList()
    for name in names where name.hasPrefix(Self.removing) {
      let volume = String(name.dropFirst(Self.removing.count).prefix { $0 != "@" })
      do {
        // Where there is a directory too, a new volume has got the name since.
        if known.contains(volume), !names.contains(volume) {
          try await store.delete(Self.prefix + volume)
          _ = state.withLock { $0.volumes.removeValue(forKey: volume) }
        }
        try await pool.run { try FileSystem.removeTree("\(directory)/\(name)") }
      } catch { errors.append(error) }
    }
    try await pool.run {
      for name in names where !known.contains(name) && !name.hasPrefix(Self.removing) {
        // Removing only what is empty: the kernel itself refuses to lose content, whatever we failed to see.
        do {
          try FileSystem.removeDirectory("\(directory)/\(name)/_data")
          try FileSystem.removeDirectory("\(directory)/\(name)")
        } catch { Log.warning("\(directory)/\(name) belongs to no known volume and stays: \(error)") }
      }
    }
    try errors.throwIfAny("volumes whose removal was cut short")
  }

  /// Bytes that a volume's content takes.
  public func size(of volume: Volume) async -> Int64 {
    do { return try await pool.run { try FileTree.size(volume.mountpoint) } } catch { return -1 }
  }
}
