import APIMachinery
import Crypto
import Testing

@testable import APIServer

/// Values are written as kube-apiserver writes them, and read as it reads them.
@Suite struct ValueTransformersTests {
  private static func secret(_ size: Int) -> String { Base64.encode((0..<size).map { UInt8($0) }) }

  private static func configuration(_ providers: String) throws -> ValueTransformers {
    let file = """
      {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration",
       "resources": [{"resources": ["secrets"], "providers": [\(providers)]}]}
      """
    return try #require(
      try EncryptionConfiguration(Array(file.utf8)).transformers(for: GroupResource(group: "", resource: "secrets")))
  }

  private static func provider(_ name: String, _ keys: (name: String, size: Int)...) -> String {
    let keys = keys.map { #"{"name": "\#($0.name)", "secret": "\#(secret($0.size))"}"# }
    return #"{"\#(name)": {"keys": [\#(keys.joined(separator: ", "))]}}"#
  }

  private func problem(_ transformers: ValueTransformers, _ stored: [UInt8], at key: String = EncryptionGolden.key)
    async
    -> String
  {
    do {
      _ = try await transformers.open(stored, key: key)
      return ""
    } catch { return error.description }
  }

  @Test func whatOthersHaveWrittenIsRead() async throws {
    for (name, size, text) in EncryptionGolden.values {
      let stored = try #require(Base64.decode(text))
      let transformers = try Self.configuration(Self.provider(name, ("k\(size)", size)))
      #expect(
        try await transformers.open(stored, key: EncryptionGolden.key) == EncryptionGolden.text, "\(name) \(size)")
      #expect(!transformers.isStale(stored))
    }
  }

  @Test func whatIsWrittenIsRead() async throws {
    for (name, size, golden) in EncryptionGolden.values {
      let transformers = try Self.configuration(Self.provider(name, ("k\(size)", size)))
      var seen: Set<[UInt8]> = []
      for length in [0, 1, 15, 16, 17, 100, 4000] {
        let text = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
        for _ in 0..<2 {
          let stored = try transformers.seal(text, key: "k")
          #expect(stored.starts(with: Array("k8s:enc:\(name):v1:k\(size):".utf8)))
          #expect(try await transformers.open(stored, key: "k") == text)
          #expect(seen.insert(stored).inserted, "each time another nonce")
        }
      }
      let stored = try transformers.seal(EncryptionGolden.text, key: EncryptionGolden.key)
      #expect(stored.count == Base64.decode(golden)?.count)
    }
  }

  @Test func boxesAreThoseOfOthers() {
    let box = Secretbox(key: (0..<32).map { UInt8($0) })
    let nonce = (7..<31).map { UInt8($0) }
    for (length, digest) in EncryptionGolden.boxes {
      let text = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 7 + length) }
      let sealed = box.seal(text, nonce: nonce)
      let found = SHA256.hash(data: nonce + sealed).map { byte in
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }.joined()
      #expect(found == digest, "\(length)")
      #expect(box.open(sealed[...], nonce: nonce) == text)
      for index in sealed.indices {
        var other = sealed
        other[index] ^= 1
        #expect(box.open(other[...], nonce: nonce) == nil)
      }
    }
  }

  @Test func whatIsDamagedOrElsewhereIsNotRead() async throws {
    let gcm = try Self.configuration(Self.provider("aesgcm", ("a", 32)))
    let stored = try gcm.seal(EncryptionGolden.text, key: "/registry/secrets/a/b")
    #expect(await problem(gcm, stored, at: "/registry/secrets/a/c") == "cipher: message authentication failed")
    #expect(
      await problem(gcm, Array(stored.dropLast()), at: "/registry/secrets/a/b")
        == "cipher: message authentication failed")
    let short = "the stored data was shorter than the required size"
    for name in ["aesgcm", "aescbc", "secretbox"] {
      let transformers = try Self.configuration(Self.provider(name, ("a", 32)))
      #expect(await problem(transformers, Array("k8s:enc:\(name):v1:a:short".utf8)) == short)
      let family = name == "secretbox" ? "Secretbox" : "AES"
      #expect(
        await problem(transformers, Array("k8s:enc:\(name):v1:b:short".utf8))
          == "no matching key was found for the provided \(family) transformer")
      #expect(await problem(transformers, EncryptionGolden.text) == "no matching prefix found")
    }
    let cbc = try Self.configuration(Self.provider("aescbc", ("a", 16)))
    let prefix = Array("k8s:enc:aescbc:v1:a:".utf8)
    #expect(
      await problem(cbc, prefix + [UInt8](repeating: 0, count: 17))
        == "the stored data is not a multiple of the block size")
    #expect(
      await problem(cbc, prefix + [UInt8](repeating: 0, count: 16)) == "invalid PKCS7 data (empty or not padded)")
    #expect(await problem(cbc, prefix + [UInt8](repeating: 0, count: 32)) == "invalid padding on input")
  }

  @Test func theFirstWritesAndTheOthersRead() async throws {
    let old = try Self.configuration(Self.provider("aescbc", ("old", 16)))
    let both = try Self.configuration(
      [
        Self.provider("secretbox", ("new", 32)), Self.provider("aescbc", ("newer", 24), ("old", 16)),
        #"{"identity": {}}"#,
      ]
      .joined(separator: ", "))
    let stored = try old.seal(EncryptionGolden.text, key: "k")
    #expect(try await both.open(stored, key: "k") == EncryptionGolden.text)
    #expect(try await both.open(EncryptionGolden.text, key: "k") == EncryptionGolden.text)
    #expect(both.isStale(stored) && both.isStale(EncryptionGolden.text))
    let new = try both.seal(EncryptionGolden.text, key: "k")
    #expect(!both.isStale(new))
    #expect(await problem(old, new) == "no matching prefix found")
    // On the way back nothing is encrypted any more.
    let back = try Self.configuration(#"{"identity": {}}, "# + Self.provider("aescbc", ("old", 16)))
    #expect(try back.seal(EncryptionGolden.text, key: "k") == EncryptionGolden.text)
    #expect(try await back.open(stored, key: "k") == EncryptionGolden.text)
    #expect(back.isStale(stored) && !back.isStale(EncryptionGolden.text))
    #expect(await problem(back, new) == "no matching prefix found")
  }

  /// Two keys of one name, of which one is on its way out: what the first cannot read the second does.
  @Test func aNameMayHaveTwoKeys() async throws {
    let one = try Self.configuration(Self.provider("aesgcm", ("a", 16)))
    let two = try Self.configuration(Self.provider("aesgcm", ("a", 24)) + ", " + Self.provider("aesgcm", ("a", 16)))
    #expect(try await two.open(try one.seal([1, 2], key: "k"), key: "k") == [1, 2])
    var damaged = try one.seal([1, 2], key: "k")
    damaged[damaged.count - 1] ^= 1
    let failed = "cipher: message authentication failed"
    #expect(await problem(two, damaged, at: "k") == "[\(failed), \(failed)]")
  }
}
