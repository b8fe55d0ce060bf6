import KeyValueStore
import PKI

/// Keeps the secrets of a cluster in the store that its servers share, sealed with the token that they share: the first
/// server makes them, all others take them, and what one changes the others follow.
public actor SharedSecrets {
  /// Beside the objects and not among them: no request reaches it.
  static let key = "\(StorageLayout.root)apus.secrets"
  /// How often it is looked whether the next authority or key is due.
  private static let interval = Duration.seconds(3600)
  private static let pause = Duration.seconds(2)

  private let store: any RevisionedStore
  private let token: String
  /// Runs what takes the processor for long where it may.
  private let blocking: @Sendable (@escaping @Sendable () throws -> SecretSeal) async throws -> SecretSeal
  private struct Known {
    var seal: SecretSeal
    var secrets: ClusterSecrets
    var revision: Int64
  }
  private var known: Known?

  /// - Parameter blocking: runs what takes some tenths of a second of processor time.
  public init(
    _ store: any RevisionedStore, token: String,
    blocking: @escaping @Sendable (@escaping @Sendable () throws -> SecretSeal) async throws -> SecretSeal
  ) {
    self.store = store
    self.token = token
    self.blocking = blocking
  }

  /// What is there, or what `make` makes where nothing is: two servers that start at once end with the same.
  /// - Throws: `SharedSecretsError` where the token is another one than that of the servers before; the store's errors.
  public func load(orMake make: @Sendable () async throws -> ClusterSecrets) async throws -> ClusterSecrets {
    if let present = try await read() { return present }
    let secrets = try await make()
    let token = token
    let seal = try await blocking { try SecretSeal(secret: token) }
    do {
      let revision = try await store.commit(
        [.put(key: Self.key, value: try seal.seal(try secrets.bytes))],
        where: [.modRevision(key: Self.key, equals: 0)])
      known = Known(seal: seal, secrets: secrets, revision: revision)
      return secrets
    } catch let error as StoreError {
      // Another server was faster; or nobody knows whether it was us.
      guard error.code == .conflict || error.code == .unavailable else { throw error }
      guard let present = try await read() else { throw error }
      return present
    }
  }

  /// Reads what is there, where that is news.
  private func read() async throws -> ClusterSecrets? {
    guard let present = try await store.get(Self.key) else { return nil }
    if let known, known.revision >= present.modRevision { return known.secrets }
    return try await take(present)
  }

  private func take(_ present: KeyValue) async throws -> ClusterSecrets {
    do {
      let seal: SecretSeal
      let bytes: [UInt8]
      if let known, let opened = try? known.seal.open(present.value) {
        (seal, bytes) = (known.seal, opened)
      } else {
        let token = token
        seal = try await blocking { try SecretSeal(secret: token, for: present.value) }
        bytes = try seal.open(present.value)
      }
      let secrets = try ClusterSecrets(bytes)
      known = Known(seal: seal, secrets: secrets, revision: present.modRevision)
      return secrets
    } catch let error as PKIError {
      throw error.code == .signature ? SharedSecretsError.wrongToken(error) : .unreadable(error)
    }
  }

  // MARK: - Following

  /// Makes authorities and keys in time and follows what other servers make, for as long as its task lives.
  /// - Parameters:
  ///   - keepers: show the authorities and keys.
  ///   - changed: is told each time that authorities change: who is trusted, or first who signs.
  ///   - failed: is told of failures; all is tried again.
  public func run(
    _ keepers: SharedKeepers,
    changed: @escaping @Sendable (SharedKeepers.Change) async throws -> Void,
    failed: @escaping @Sendable (any Error) -> Void
  ) async throws {
    let (looks, look) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        while true {
          do { try await self.follow { look.yield() } } catch {
            try Task.checkCancellation()
            failed(error)
          }
          try await Task.sleep(for: Self.pause)
        }
      }
      group.addTask {
        while true {
          look.yield()
          try await Task.sleep(for: Self.interval)
        }
      }
      var told = keepers.bundles
      for await _ in looks {
        do {
          try await step(keepers)
          let present = keepers.bundles
          if let change = present.change(since: told) { try await changed(change) }
          told = present
        } catch { failed(error) }
      }
      group.cancelAll()
      try Task.checkCancellation()
    }
  }

  /// Waits for others' changes, from what is known on.
  private func follow(_ changed: @Sendable () -> Void) async throws {
    if try await read() != nil { changed() }
    let watch = store.watch(prefix: Self.key, from: (known?.revision ?? 0) + 1)
    defer { watch.cancel() }
    for try await batch in watch {
      guard let present = batch.events.last?.current else { continue }
      if let known, known.revision >= present.modRevision { continue }
      _ = try await take(present)
      changed()
    }
  }

  /// Brings the keepers up to date, and makes the next authority or key where it is due: one server of all does.
  func step(_ keepers: SharedKeepers) async throws {
    guard let current = known else { return }
    try keepers.replace(current.secrets)
    guard var secrets = try keepers.next(after: current.secrets) else { return }
    do {
      let revision = try await store.commit(
        [.put(key: Self.key, value: try current.seal.seal(try secrets.bytes))],
        where: [.modRevision(key: Self.key, equals: current.revision)])
      known = Known(seal: current.seal, secrets: secrets, revision: revision)
    } catch let error as StoreError {
      // Another server was faster.
      guard error.code == .conflict else { throw error }
      guard let present = try await read() else { throw error }
      secrets = present
    }
    try keepers.replace(secrets)
  }
}

/// Why a server cannot join those that share its store.
public struct SharedSecretsError: Error, Sendable, CustomStringConvertible {
  public struct Code: Sendable, Equatable {
    private enum Value { case wrongToken, unreadable }
    private let value: Value
    /// The secrets were sealed with another token.
    public static let wrongToken = Code(value: .wrongToken)
    /// What is in the store are no secrets that this version can read.
    public static let unreadable = Code(value: .unreadable)
  }
  public let code: Code
  public let message: String
  public let cause: (any Error)?

  public var description: String { message }

  static func wrongToken(_ cause: PKIError) -> SharedSecretsError {
    SharedSecretsError(
      code: .wrongToken,
      message:
        "the token is not the one that the cluster's secrets in the datastore (\(SharedSecrets.key)) were sealed "
        + "with: start this server with the token of the servers before it", cause: cause)
  }

  static func unreadable(_ cause: PKIError) -> SharedSecretsError {
    SharedSecretsError(
      code: .unreadable,
      message: "the cluster's secrets in the datastore (\(SharedSecrets.key)) cannot be read: \(cause)", cause: cause)
  }
}
