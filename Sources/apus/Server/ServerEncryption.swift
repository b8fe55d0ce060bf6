import APIServer
import AsyncWork
import ContainerEngine
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
    // They may come later: until then nothing is written, and nothing read that is not known yet.
    if let problem = await encryption.start() { Log.warning("encryption by a KMS plugin: \(problem)") }
    return ServerEncryption(encryption: encryption, options: options, file: file)
  }

  /// Told of by health checks: where there are plugins, or may come to be.
  var healthCheck: ServerHealthCheck? {
    guard encryption.hasPlugins || options.encryptionProviderConfigAutomaticReload == true else { return nil }
    return ServerHealthCheck(name: "kms-providers") { [encryption] in await encryption.problem() }
  }

  /// Follows the file until the task is cancelled, or not at all.
  func run(_ pool: BlockingPool) async {
    guard options.encryptionProviderConfigAutomaticReload == true else { return }
    await file.follow(pool) { try await encryption.replace(by: try options.configuration($0)) }
  }
}
