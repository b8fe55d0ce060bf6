/// How the values of a resource are written and read: the first one writes, and each reads what begins with its prefix
/// (kube-apiserver's prefix transformers).
struct ValueTransformers: Sendable {
  /// One key of one provider.
  struct Member: Sendable {
    /// Empty for what is not encrypted.
    let prefix: [UInt8]
    let cipher: any ValueCipher
    /// What is said where a value has the provider's prefix and the name of none of its keys.
    let provider: Provider?
  }

  /// What its keys have in common.
  struct Provider: Sendable, Hashable {
    let prefix: [UInt8]
    let noMatch: String
  }

  private let members: [Member]

  /// - Parameter members: one at least.
  init(_ members: [Member]) { self.members = members }

  /// - Parameter key: of the value in the store.
  func seal(_ value: [UInt8], key: String) throws(CipherError) -> [UInt8] {
    members[0].prefix + (try members[0].cipher.seal(value, at: Array(key.utf8)))
  }

  func open(_ stored: [UInt8], key: String) async throws(CipherError) -> [UInt8] {
    let place = Array(key.utf8)
    var problems: [String] = []
    for member in members where stored.starts(with: member.prefix) {
      do throws(CipherError) { return try await member.cipher.open(stored[member.prefix.count...], at: place) } catch {
        // What is encrypted may still be another one's.
        if !member.prefix.isEmpty { problems.append(error.description) }
      }
    }
    if problems.isEmpty {
      let providers = members.compactMap(\.provider).filter { stored.starts(with: $0.prefix) }
      problems = providers.reduce(into: []) { if !$0.contains($1.noMatch) { $0.append($1.noMatch) } }
    }
    switch problems.count {
    case 0: throw CipherError("no matching prefix found")
    case 1: throw CipherError(problems[0])
    default: throw CipherError("[\(problems.joined(separator: ", "))]")
    }
  }

  /// Whether a value was written in another way than it would be today.
  func isStale(_ stored: [UInt8]) -> Bool {
    let first = members[0]
    guard first.prefix.isEmpty else {
      return !stored.starts(with: first.prefix) || first.cipher.isStale(stored[first.prefix.count...])
    }
    return stored.starts(with: IdentityCipher.encryptedPrefix)
  }
}
