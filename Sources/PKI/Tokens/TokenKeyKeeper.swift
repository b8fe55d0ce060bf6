import Synchronization

/// Keeps the keys for tokens in a directory, and makes the next one in time.
///
/// The first one is `sa.key`, the next ones are `sa-2.key` and so on, each with the time at which it was made in a line
/// before the PEM. One without that line is from before such lines were written, and is followed by another at once.
/// When another one signs, the file holds the public half alone.
///
///     let keeper = try TokenKeyKeeper(directory: "/var/lib/apus/cluster/pki")
///     let tokens = ServiceAccountTokens(issuer: …) { keeper.keys }
///     try await keeper.run(blocking: …, failed: …)
public final class TokenKeyKeeper: Sendable {
  /// Nil where somebody else keeps the key.
  private let directory: String?
  private let clock: WallClock
  private let state: Mutex<(generations: TokenKeyGenerations, keys: TokenKeys)>

  /// How often the clock is looked at, in seconds.
  private static let interval: Int64 = 3600

  /// Reads what is there, and makes a key where it is due. Blocks.
  /// - Throws: `file`, `malformed`, `unsupported`.
  public init(
    directory: String, policy: TokenKeyGenerations.Policy = .init(), clock: WallClock = .system
  ) throws(PKIError) {
    self.directory = directory
    self.clock = clock
    var generations: TokenKeyGenerations
    if let first = try Self.read(directory, 1) {
      generations = TokenKeyGenerations(first, policy: policy)
    } else {
      generations = TokenKeyGenerations(try Self.make(directory, 1, clock.now), policy: policy)
    }
    while let next = try Self.read(directory, generations.all.count + 1) { generations.append(next) }
    let keys = try Self.advance(&generations, directory, clock.now)
    state = Mutex((generations, keys))
  }

  /// For a key that is kept elsewhere: where servers share it, say. No other one follows it.
  public init(shared key: TokenSigningKey, clock: WallClock = .system) {
    directory = nil
    self.clock = clock
    let generations = TokenKeyGenerations(.init(made: clock.now, signing: key, verifying: key.verificationKey))
    state = Mutex((generations, TokenKeys(signer: key, others: [])))
  }

  /// The keys of the present.
  public var keys: TokenKeys { state.withLock { $0.keys } }

  /// Makes the next key where it is due, and forgets the private half of one that signs no more. Blocks.
  public func advance() throws(PKIError) {
    guard let directory else { return }
    var generations = state.withLock { $0.generations }
    let keys = try Self.advance(&generations, directory, clock.now)
    state.withLock { $0 = (generations, keys) }
  }

  /// Does this in time, for as long as its task lives. One task at a time may run it.
  /// - Parameters:
  ///   - sleep: waits for seconds; for tests.
  ///   - blocking: runs what blocks where it may.
  ///   - failed: is told of failures; all is tried again at the next look.
  /// - Throws: `CancellationError`.
  public func run(
    sleep: @Sendable (_ seconds: Int64) async throws -> Void = { try await Task.sleep(for: .seconds($0)) },
    blocking: @Sendable (@escaping @Sendable () throws -> Void) async throws -> Void,
    failed: @Sendable (any Error) -> Void
  ) async throws {
    while true {
      try await sleep(Self.interval)
      do { try await blocking { try self.advance() } } catch let error as CancellationError { throw error } catch {
        failed(error)
      }
    }
  }

  private static func advance(
    _ generations: inout TokenKeyGenerations, _ directory: String, _ now: Int64
  ) throws(PKIError) -> TokenKeys {
    if generations.isNextDue(at: now) {
      generations.append(try make(directory, generations.all.count + 1, now))
    }
    for index in generations.retiring(at: now) {
      let old = generations.all[index]
      try write(directory, index + 1, made: old.made, old.verifying.pem)
      generations.retire(index)
    }
    guard let keys = generations.keys(at: now) else {
      throw PKIError(.file, "\(directory) holds no key that can sign tokens")
    }
    return keys
  }

  // MARK: Files

  private static let created = "Created: "

  private static func path(_ directory: String, _ generation: Int) -> String {
    "\(directory)/\(generation == 1 ? "sa" : "sa-\(generation)").key"
  }

  private static func read(
    _ directory: String, _ generation: Int
  ) throws(PKIError) -> TokenKeyGenerations.Generation? {
    let path = path(directory, generation)
    guard let text = try PrivateFile.read(path) else { return nil }
    var made: Int64 = 0
    var pem = text[...]
    if text.hasPrefix(created), let end = text.firstIndex(of: "\n") {
      guard let seconds = Int64(text[..<end].dropFirst(created.count)) else {
        throw PKIError(.malformed, "\(path) does not say when it was made")
      }
      made = seconds
      pem = text[text.index(after: end)...]
    }
    do throws(PKIError) {
      if pem.contains("PRIVATE KEY-----") {
        let key = try TokenSigningKey(pem: String(pem))
        return .init(made: made, signing: key, verifying: key.verificationKey)
      }
      return .init(made: made, signing: nil, verifying: try TokenVerificationKey(pem: String(pem)))
    } catch {
      throw PKIError(error.code, "\(path): \(error.message)", cause: error.cause)
    }
  }

  private static func write(_ directory: String, _ generation: Int, made: Int64, _ pem: String) throws(PKIError) {
    try PrivateFile.write("\(created)\(made)\n\(pem)", to: path(directory, generation), mode: 0o600)
  }

  private static func make(
    _ directory: String, _ generation: Int, _ now: Int64
  ) throws(PKIError) -> TokenKeyGenerations.Generation {
    let key = TokenSigningKey()
    try write(directory, generation, made: now, key.pem)
    return .init(made: now, signing: key, verifying: key.verificationKey)
  }
}
