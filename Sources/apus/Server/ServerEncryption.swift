import APIServer
import AsyncWork
import ClusterAPI

/// How objects are encrypted in the store, by a file of the operator's, which is followed where that is wished.
struct ServerEncryption: Sendable {
  let encryption: ResourceEncryption
  private let options: EncryptionOptions
  private let file: FollowedFile

  /// Nil where nothing is encrypted.
  static func read(
    _ options: EncryptionOptions, _ kinds: BuiltinKinds, _ pool: BlockingPool
  ) async throws -> Self? {
    guard let file = try await FollowedFile.read(options.encryptionProviderConfig, pool) else { return nil }
    let encryption = ResourceEncryption(try options.configuration(file.bytes), kinds)
    return ServerEncryption(encryption: encryption, options: options, file: file)
  }

  /// Follows the file until the task is cancelled, or not at all.
  func run(_ pool: BlockingPool) async {
    guard options.encryptionProviderConfigAutomaticReload == true else { return }
    await file.follow(pool) { encryption.replace(by: try options.configuration($0)) }
  }
}
