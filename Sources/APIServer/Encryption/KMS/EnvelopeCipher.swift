import APIMachinery
import Protobuf
import Synchronization

/// Encrypts values by keys that come from a seed, which only a plugin can read: the plugin is asked for a new one when its own key
/// changes, and for each seed in the store once (kube-apiserver's `kms` v2).
final class EnvelopeCipher: ValueCipher {
  /// What new values are encrypted by.
  private struct Present {
    let seed: SeedCipher
    let source: EncryptedObject.Source
    /// Nothing is written by it later than that, unless the plugin has been asked again.
    var end: ContinuousClock.Instant
  }

  private struct State {
    var present: Present?
    /// Those that have been read, by what stands in the store.
    var known: [EncryptedObject.Source: any ValueCipher] = [:]
    /// What the plugin was asked last, and what is wrong with it.
    var probe: (problem: String?, at: ContinuousClock.Instant)?
    /// What could not be read of late: many values stand behind one seed, and a plugin that does not answer takes its time.
    var refused: (source: EncryptedObject.Source, problem: CipherError, at: ContinuousClock.Instant)?
  }

  /// How long a seed is good for writes after the plugin was last in order.
  private static let validity = Duration.seconds(180)
  private static let interval = Duration.seconds(60)
  private static let intervalInTrouble = Duration.seconds(10)
  /// For how long those who look are told what is known.
  private static let rememberedFor = Duration.seconds(20)
  private static let rememberedInTroubleFor = Duration.seconds(3)
  private static let mostKnown = 4096
  /// For how long a seed that could not be read is not asked for again.
  private static let refusedFor = Duration.seconds(1)
  private static let seedSize = 32

  let name: String
  private let service: any KeyManagement
  private let now: @Sendable () -> ContinuousClock.Instant
  private let state = Mutex(State())
  private let keeper = Mutex<Task<Void, Never>?>(nil)

  init(
    name: String, _ service: any KeyManagement, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
  ) {
    self.name = name
    self.service = service
    self.now = now
  }

  // MARK: Values

  func seal(_ value: [UInt8], at place: [UInt8]) throws(CipherError) -> [UInt8] {
    guard let present = state.withLock({ $0.present }) else { throw CipherError("got unexpected nil transformer") }
    guard now() <= present.end else {
      throw CipherError("the encryptedDEKSource has expired: the KMS provider \(name) was not in order for too long")
    }
    return EncryptedObject(data: try present.seed.seal(value, at: place), source: present.source).encoded
  }

  func open(_ sealed: ArraySlice<UInt8>, at place: [UInt8]) async throws(CipherError) -> [UInt8] {
    let object = try EncryptedObject(stored: sealed)
    if let known = state.withLock({ $0.known[object.source] }) {
      return try await known.open(object.data[...], at: place)
    }
    if let refused = state.withLock({ $0.refused }), refused.source == object.source,
      now() - refused.at < Self.refusedFor
    {
      throw refused.problem
    }
    let plaintext: [UInt8]
    do throws(CipherError) { plaintext = try await service.decrypt(object.source, uid: Identifiers.uid()) } catch {
      let problem = CipherError("failed to decrypt DEK, error: \(error.description)")
      state.withLock { $0.refused = (object.source, problem, now()) }
      throw problem
    }
    let cipher = try Self.cipher(plaintext, object.source)
    remember(cipher, object.source)
    return try await cipher.open(object.data[...], at: place)
  }

  private static func cipher(
    _ plaintext: [UInt8], _ source: EncryptedObject.Source
  ) throws(CipherError) -> any ValueCipher {
    if EncryptedObject.Source.Kind(rawValue: source.kind) == .key {
      guard [16, 24, 32].contains(plaintext.count) else {
        throw CipherError("crypto/aes: invalid key size \(plaintext.count)")
      }
      return AESGCMCipher(plaintext)
    }
    guard plaintext.count >= seedSize else {
      throw CipherError("invalid seed length \(plaintext.count) used for key generation")
    }
    return SeedCipher(plaintext)
  }

  private func remember(_ cipher: any ValueCipher, _ source: EncryptedObject.Source) {
    state.withLock { state in
      if state.known.count >= Self.mostKnown { state.known = [:] }
      state.known[source] = cipher
    }
  }

  func isStale(_ sealed: ArraySlice<UInt8>) -> Bool {
    let present = state.withLock { $0.present?.source }
    do throws(CipherError) {
      let source = try EncryptedObject(stored: sealed).source
      return source.keyID != present?.keyID || source.kind != present?.kind
    } catch {
      // Nothing would be written so today.
      return true
    }
  }

  // MARK: The plugin

  /// Asks the plugin how it is, and for a new seed where its key is another one.
  /// - Returns: what is wrong; nil: nothing.
  @discardableResult
  func probe() async -> String? {
    var problem: String?
    do throws(CipherError) { try await ask() } catch { problem = error.description }
    state.withLock { $0.probe = (problem, now()) }
    return problem
  }

  private func ask() async throws(CipherError) {
    let status: KMSStatus
    do throws(CipherError) { status = try await service.status() } catch {
      throw CipherError(
        "failed to perform status section of the healthz check for KMS Provider \(name), error: \(error.description)")
    }
    guard status.health == "ok" else { throw CipherError("got unexpected healthz status: \(status.health)") }
    guard ["v2", "v2beta1"].contains(status.version) else {
      throw CipherError("expected KMSv2 API version v2, got \(status.version)")
    }
    do throws(CipherError) { try EncryptedObject.Source.check(keyID: status.keyID) } catch {
      throw CipherError("got invalid KMSv2 KeyID: \(error.description)")
    }
    let end = now() + Self.validity
    let isKept = state.withLock { state in
      guard state.present?.source.keyID == status.keyID else { return false }
      state.present?.end = end
      return true
    }
    if !isKept { try await renew(for: status.keyID, until: end) }
  }

  private func renew(for keyID: String, until end: ContinuousClock.Instant) async throws(CipherError) {
    var generator = SystemRandomNumberGenerator()
    let seed = (0..<Self.seedSize).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    let encrypted: KMSEncrypted
    do throws(CipherError) { encrypted = try await service.encrypt(seed, uid: Identifiers.uid()) } catch {
      throw CipherError("failed to encrypt DEK, error: \(error.description)")
    }
    let source = EncryptedObject.Source(
      kind: EncryptedObject.Source.Kind.seed.rawValue, ciphertext: encrypted.ciphertext, keyID: encrypted.keyID,
      annotations: encrypted.annotations)
    try source.check()
    guard source.keyID == keyID else {
      throw CipherError("failed to rotate DEK: the plugin has encrypted by another key than the one that it tells of")
    }
    let cipher = SeedCipher(seed)
    remember(cipher, source)
    state.withLock { $0.present = Present(seed: cipher, source: source, end: end) }
  }

  /// What is wrong, as far as is known; nil: nothing.
  func problem() async -> String? {
    if let known = state.withLock({ $0.probe }) {
      let limit = known.problem == nil ? Self.rememberedFor : Self.rememberedInTroubleFor
      if now() - known.at < limit { return known.problem }
    }
    return await probe()
  }

  /// Asks the plugin, and asks it again from time to time until ``stop()``.
  /// - Returns: what is wrong now; nil: nothing.
  func start() async -> String? {
    let problem = await probe()
    let task = Task { [weak self] in
      var problem = problem
      while !Task.isCancelled {
        do { try await Task.sleep(for: problem == nil ? Self.interval : Self.intervalInTrouble) } catch { return }
        guard let self else { return }
        problem = await self.probe()
      }
    }
    keeper.withLock { keeper in
      keeper?.cancel()
      keeper = task
    }
    return problem
  }

  func stop() async {
    keeper.withLock { $0.take() }?.cancel()
    await service.close()
  }
}
