import Synchronization

/// Keeps a cluster's authorities in a directory, and makes the next one in time; or shows those that somebody else keeps.
///
/// The first one is `NAME.crt` and `NAME.key`, the next ones `NAME-2.crt` and `NAME-2.key` and so on. A certificate is
/// written before its key: where the key is, the authority is whole.
///
///     let keeper = try AuthorityKeeper(directory: "/var/lib/apus/cluster/pki", commonName: "apus-ca")
///     try await keeper.run(blocking: …, changed: { bundle in … }, failed: …)
public final class AuthorityKeeper: Sendable {
  /// Without the number and the ending; nil where somebody else keeps them.
  private let path: String?
  private let commonName: String
  private let policy: AuthorityGenerations.Policy
  private let clock: WallClock
  private let generations: Mutex<AuthorityGenerations>

  /// How often the clock is looked at, in seconds.
  private static let interval: Int64 = 3600

  /// Reads what is there, and makes the first authority where there is none. Blocks.
  /// - Parameter name: what the files' names begin with.
  /// - Throws: `file`, `malformed`, `mismatch`.
  public init(
    directory: String, name: String = "ca", commonName: String, policy: AuthorityGenerations.Policy = .init(),
    clock: WallClock = .system
  ) throws(PKIError) {
    let path = "\(directory)/\(name)"
    self.path = path
    self.commonName = commonName
    self.policy = policy
    self.clock = clock
    var generations: AuthorityGenerations
    if let first = try Self.read(path, 1, clock) {
      generations = AuthorityGenerations(first, policy: policy)
    } else {
      generations = AuthorityGenerations(
        try Self.make(path, 1, commonName, policy.lifetime, clock), policy: policy)
    }
    while let next = try Self.read(path, generations.all.count + 1, clock) { generations.append(next) }
    self.generations = Mutex(generations)
  }

  /// For authorities that are kept elsewhere: where servers share them, say. Their keeper makes the next one
  /// (`makeNext`) and brings what has changed (`replace`).
  /// - Parameter authorities: the oldest first; at least one.
  public init(
    shared authorities: [Authority], commonName: String, policy: AuthorityGenerations.Policy = .init(),
    clock: WallClock = .system
  ) {
    path = nil
    self.commonName = commonName
    self.policy = policy
    self.clock = clock
    generations = Mutex(Self.generations(authorities, policy))
  }

  private static func generations(
    _ authorities: [Authority], _ policy: AuthorityGenerations.Policy
  ) -> AuthorityGenerations {
    var generations = AuthorityGenerations(authorities[0], policy: policy)
    for next in authorities.dropFirst() { generations.append(next) }
    return generations
  }

  /// Takes over what their keeper has now.
  /// - Parameter authorities: the oldest first; at least one.
  public func replace(_ authorities: [Authority]) {
    generations.withLock { $0 = Self.generations(authorities, policy) }
  }

  /// The next authority where it is due, for its keeper to keep; nil where it is not.
  public func makeNext() throws(PKIError) -> Authority? {
    let present = generations.withLock { $0 }
    guard present.isNextDue(at: clock.now) else { return nil }
    return try Self.make(present.all.count + 1, commonName, policy.lifetime, clock)
  }

  /// All of them, the oldest first.
  public var authorities: [Authority] { generations.withLock { $0.all } }

  /// Who signs now.
  public var signer: Authority { generations.withLock { $0.signer(at: clock.now) } }

  /// Who is trusted now (PEM), the one that signs first.
  public var bundle: String { generations.withLock { $0.bundle(at: clock.now) } }

  /// Makes the next authority where it is due and it is kept here. Blocks while it does.
  public func makeNextIfDue() throws(PKIError) {
    let present = generations.withLock { $0 }
    guard let path, present.isNextDue(at: clock.now) else { return }
    let next = try Self.make(path, present.all.count + 1, commonName, policy.lifetime, clock)
    generations.withLock { $0.append(next) }
  }

  /// Makes authorities in time, for as long as its task lives.
  /// - Parameters:
  ///   - sleep: waits for seconds; for tests.
  ///   - blocking: runs what blocks where it may.
  ///   - changed: is told who is trusted, and first who signs, each time that this changes.
  ///   - failed: is told of failures; all is tried again at the next look.
  /// - Throws: `CancellationError`.
  public func run(
    sleep: @Sendable (_ seconds: Int64) async throws -> Void = { try await Task.sleep(for: .seconds($0)) },
    blocking: @Sendable (@escaping @Sendable () throws -> Void) async throws -> Void,
    changed: @Sendable (_ bundle: String) async throws -> Void, failed: @Sendable (any Error) -> Void
  ) async throws {
    var told = bundle
    while true {
      do {
        try await blocking { try self.makeNextIfDue() }
        let present = bundle
        if present != told {
          try await changed(present)
          told = present
        }
      } catch let error as CancellationError {
        throw error
      } catch {
        failed(error)
      }
      try await sleep(Self.interval)
    }
  }

  private static func make(
    _ generation: Int, _ commonName: String, _ lifetime: Int64, _ clock: WallClock
  ) throws(PKIError) -> Authority {
    // A name of its own: whoever looks for an issuer by its name finds the right one.
    try Authority(
      commonName: generation == 1 ? commonName : "\(commonName)-\(generation)", lifetime: lifetime, clock: clock)
  }

  // MARK: Files

  private static func paths(_ path: String, _ generation: Int) -> (certificate: String, key: String) {
    let stem = generation == 1 ? path : "\(path)-\(generation)"
    return ("\(stem).crt", "\(stem).key")
  }

  /// Nil where there is no key: then a certificate is what a crash has left.
  private static func read(
    _ path: String, _ generation: Int, _ clock: WallClock
  ) throws(PKIError) -> Authority? {
    let (certificate, key) = paths(path, generation)
    guard let keyPEM = try PrivateFile.read(key) else { return nil }
    guard let certificatePEM = try PrivateFile.read(certificate) else {
      throw PKIError(.file, "there is \(key) but no \(certificate)")
    }
    return try Authority(certificatePEM: certificatePEM, keyPEM: keyPEM, clock: clock)
  }

  private static func make(
    _ path: String, _ generation: Int, _ commonName: String, _ lifetime: Int64, _ clock: WallClock
  ) throws(PKIError) -> Authority {
    let authority = try make(generation, commonName, lifetime, clock)
    let (certificate, key) = paths(path, generation)
    try PrivateFile.write(authority.certificatePEM, to: certificate, mode: 0o600)
    try PrivateFile.write(authority.keyPEM, to: key, mode: 0o600)
    return authority
  }
}
