import Synchronization

/// Keeps the keys for tokens in a directory, and makes the next one in time; or shows those that somebody else keeps.
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

  /// For keys that are kept elsewhere: where servers share them, say. Their keeper makes the next one (`next`) and brings
  /// what has changed (`replace`).
  /// - Parameter generations: the oldest first; at least one, of which one at least can sign.
  /// - Throws: `malformed` where none can sign.
  public init(
    shared generations: [TokenKeyGenerations.Generation],
    policy: TokenKeyGenerations.Policy = .init(),
    clock: WallClock = .system
  ) throws(PKIError) {
    directory = nil
    self.clock = clock
    let generations = TokenKeyGenerations(generations, policy: policy)
    state = Mutex((generations, try Self.keys(generations, clock.now)))
  }

  private static func keys(_ generations: TokenKeyGenerations, _ now: Int64) throws(PKIError)
    -> TokenKeys
  {
    guard let keys = generations.keys(at: now) else {
      throw PKIError(.malformed, "there is no key that can sign tokens")
    }
    return keys
  }

  /// Takes over what their keeper has now.
  /// - Parameter generations: the oldest first.
  /// - Throws: `malformed` where none can sign; then all stays as it is.
  public func replace(_ generations: [TokenKeyGenerations.Generation]) throws(PKIError) {
    let now = clock.now
    try state.withLock { state throws(PKIError) in
      let next = state.generations.replacing(generations)
      state = (next, try Self.keys(next, now))
    }
  }

  /// The keys as they should be, for their keeper to keep: with the next one where it is due, and without the private
  /// halves of those that sign no more. Nil where nothing is to be changed.
  public func next() -> [TokenKeyGenerations.Generation]? {
    var generations = state.withLock { $0.generations }
    let now = clock.now
    var hasChanged = false
    if generations.isNextDue(at: now) {
      generations.append(.init(made: now))
      hasChanged = true
    }
    for index in generations.retiring(at: now) {
      generations.retire(index)
      hasChanged = true
    }
    return hasChanged ? generations.all : nil
  }

  /// The keys of a directory as they are, for somebody else to keep; empty where there are none. Blocks.
  /// - Throws: `file`, `malformed`, `unsupported`.
  public static func generations(in directory: String) throws(PKIError) -> [TokenKeyGenerations
    .Generation]
  {
    var generations: [TokenKeyGenerations.Generation] = []
    while let next = try read(directory, generations.count + 1) { generations.append(next) }
    return generations
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
    do throws(PKIError) { return try .init(made: made, pem: String(pem)) } catch {
      throw PKIError(error.code, "\(path): \(error.message)", cause: error.cause)
    }
  }

  private static func write(_ directory: String, _ generation: Int, made: Int64, _ pem: String) throws(PKIError) {
    try PrivateFile.write("\(created)\(made)\n\(pem)", to: path(directory, generation), mode: 0o600)
  }

  private static func make(
    _ directory: String, _ generation: Int, _ now: Int64
  ) throws(PKIError) -> TokenKeyGenerations.Generation {
    let key = TokenKeyGenerations.Generation(made: now)
    if let signing = key.signing { try write(directory, generation, made: now, signing.pem) }
    return key
  }
}
