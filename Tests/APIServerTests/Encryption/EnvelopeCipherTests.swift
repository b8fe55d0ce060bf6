import APIMachinery
import Protobuf
import Synchronization
import Testing

@testable import APIServer

/// A plugin whose key may change, and which may be out of order.
private final class Plugin: KeyManagement {
  struct State {
    var keyID = "1"
    var status = KMSStatus()
    var isGone = false
    var encryptions = 0
    var decryptions = 0
  }
  let state = Mutex(State())

  init() {
    state.withLock { state in
      state.status.version = "v2"
      state.status.health = "ok"
      state.status.keyID = "1"
    }
  }

  func set(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

  private func reachable() throws(CipherError) {
    if state.withLock({ $0.isGone }) { throw CipherError("gone") }
  }

  func status() async throws(CipherError) -> KMSStatus {
    try reachable()
    return state.withLock { $0.status }
  }

  func encrypt(_ plaintext: [UInt8], uid: String) async throws(CipherError) -> KMSEncrypted {
    try reachable()
    return state.withLock { state in
      state.encryptions += 1
      var encrypted = KMSEncrypted()
      encrypted.ciphertext = plaintext.map { $0 ^ 0x55 }
      encrypted.keyID = state.keyID
      encrypted.annotations = [KMSAnnotation(key: "kms.example.com", value: [7])]
      return encrypted
    }
  }

  func decrypt(_ source: EncryptedObject.Source, uid: String) async throws(CipherError) -> [UInt8] {
    try reachable()
    guard source.annotations == [KMSAnnotation(key: "kms.example.com", value: [7])] else {
      throw CipherError("annotations are missing")
    }
    state.withLock { $0.decryptions += 1 }
    return source.ciphertext.map { $0 ^ 0x55 }
  }

  func close() async {}
}

@Suite struct EnvelopeCipherTests {
  private static let text = Array("text".utf8)
  private static let place = Array("/registry/secrets/a/b".utf8)
  private let plugin = Plugin()

  private func problem(_ body: () async throws(CipherError) -> Void) async -> String {
    do throws(CipherError) {
      try await body()
      return ""
    } catch { return error.description }
  }

  /// Written by an implementation of the format in Python, with this plugin's way of encrypting.
  @Test func whatOthersHaveWrittenIsRead() async throws {
    let cipher = EnvelopeCipher(name: "k", plugin)
    for golden in EnvelopeGolden.values {
      let stored = try #require(Base64.decode(golden))
      #expect(try await cipher.open(stored[...], at: EnvelopeGolden.place) == EnvelopeGolden.text)
    }
  }

  @Test func aSeedIsAskedForOnce() async throws {
    let cipher = EnvelopeCipher(name: "k", plugin)
    #expect(
      await problem { () throws(CipherError) in _ = try cipher.seal(Self.text, at: Self.place) }
        == "got unexpected nil transformer")
    #expect(await cipher.probe() == nil)
    var stored: Set<[UInt8]> = []
    for _ in 0..<3 {
      let sealed = try cipher.seal(Self.text, at: Self.place)
      #expect(stored.insert(sealed).inserted && !cipher.isStale(sealed[...]))
      #expect(try await cipher.open(sealed[...], at: Self.place) == Self.text)
    }
    #expect(await cipher.probe() == nil)
    #expect(plugin.state.withLock { [$0.encryptions, $0.decryptions] } == [1, 0])
    // Another server asks once for the seed that stands with the values.
    let other = EnvelopeCipher(name: "k", plugin)
    for sealed in stored { #expect(try await other.open(sealed[...], at: Self.place) == Self.text) }
    #expect(plugin.state.withLock { [$0.encryptions, $0.decryptions] } == [1, 1])
    let one = try #require(stored.first)
    let moved = await problem { () throws(CipherError) in _ = try await cipher.open(one[...], at: [1]) }
    #expect(moved == "cipher: message authentication failed")
  }

  @Test func anotherKeyMakesAnotherSeed() async throws {
    let cipher = EnvelopeCipher(name: "k", plugin)
    #expect(await cipher.probe() == nil)
    let old = try cipher.seal(Self.text, at: Self.place)
    plugin.set { state in
      state.keyID = "2"
      state.status.keyID = "2"
    }
    #expect(!cipher.isStale(old[...]))
    #expect(await cipher.probe() == nil)
    let new = try cipher.seal(Self.text, at: Self.place)
    #expect(cipher.isStale(old[...]) && !cipher.isStale(new[...]))
    #expect(try await cipher.open(old[...], at: Self.place) == Self.text)
    // One that says one thing and does another is not believed, and what was there stays.
    plugin.set { $0.status.keyID = "3" }
    #expect(await cipher.probe()?.hasPrefix("failed to rotate DEK") == true)
    #expect(try !cipher.isStale(cipher.seal(Self.text, at: Self.place)[...]))
  }

  @Test func troubleIsTold() async throws {
    let now = Mutex(ContinuousClock.now)
    let cipher = EnvelopeCipher(name: "k", plugin) { now.withLock { $0 } }
    plugin.set { $0.isGone = true }
    let gone = "failed to perform status section of the healthz check for KMS Provider k, error: gone"
    #expect(await cipher.problem() == gone)
    plugin.set { $0.isGone = false }
    #expect(await cipher.problem() == gone, "it was asked just now")
    now.withLock { $0 += .seconds(4) }
    #expect(await cipher.problem() == nil)
    let sealed = try cipher.seal(Self.text, at: Self.place)
    plugin.set { $0.isGone = true }
    now.withLock { $0 += .seconds(170) }
    #expect(await cipher.problem() == gone)
    #expect(await problem { () throws(CipherError) in _ = try cipher.seal(Self.text, at: Self.place) } == "")
    now.withLock { $0 += .seconds(11) }
    let expired = await problem { () throws(CipherError) in _ = try cipher.seal(Self.text, at: Self.place) }
    #expect(expired.hasPrefix("the encryptedDEKSource has expired"))
    // What is known is read all the same.
    #expect(try await cipher.open(sealed[...], at: Self.place) == Self.text)
    let other = EnvelopeCipher(name: "k", plugin)
    let unread = await problem { () throws(CipherError) in _ = try await other.open(sealed[...], at: Self.place) }
    #expect(unread == "failed to decrypt DEK, error: gone")
  }

  @Test func whatAPluginMayNotSay() async {
    let cipher = EnvelopeCipher(name: "k", plugin)
    let cases: [(change: (inout Plugin.State) -> Void, words: String)] = [
      ({ $0.status.health = "sick" }, "got unexpected healthz status: sick"),
      ({ $0.status.version = "v1" }, "expected KMSv2 API version v2, got v1"),
      ({ $0.status.keyID = "" }, "got invalid KMSv2 KeyID: keyID is empty"),
      (
        { $0.status.keyID = String(repeating: "x", count: 1025) },
        "got invalid KMSv2 KeyID: keyID is 1025 bytes, which exceeds the max size of 1024"
      ),
    ]
    for (change, words) in cases {
      let before = plugin.state.withLock { $0.status }
      plugin.set(change)
      #expect(await cipher.probe() == words)
      plugin.set { $0.status = before }
    }
  }

  @Test func whatIsNoObjectIsNotRead() async {
    let cipher = EnvelopeCipher(name: "k", plugin)
    let whole = EncryptedObject.Source(kind: 1, ciphertext: [1], keyID: "1")
    func message(_ change: (inout EncryptedObject) -> Void) async -> String {
      var object = EncryptedObject(data: [1], source: whole)
      change(&object)
      let stored = object.encoded
      return await problem { () throws(CipherError) in _ = try await cipher.open(stored[...], at: []) }
    }
    #expect(await message { $0.data = [] } == "encrypted data is empty")
    #expect(await message { $0.source.kind = 7 } == "unknown encryptedDEKSourceType: 7")
    #expect(
      await message { $0.source.ciphertext = [] }
        == "failed to validate encrypted DEK source: encrypted DEK source is empty")
    #expect(await message { $0.source.keyID = "" } == "failed to validate key id: keyID is empty")
    #expect(
      await message { $0.source.annotations = [KMSAnnotation(key: "plain", value: [])] }
        == #"failed to validate annotations: annotation key "plain" must be a fully qualified domain name"#)
    for length in 0..<40 {
      let noise = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ length) }
      #expect(await problem { () throws(CipherError) in _ = try await cipher.open(noise[...], at: []) } != "")
    }
  }
}
