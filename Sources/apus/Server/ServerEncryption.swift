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

  /// One for each plugin, or one for all where others may come to be.
  var healthChecks: [ServerHealthCheck] {
    if options.encryptionProviderConfigAutomaticReload == true {
      return [ServerHealthCheck(name: "kms-providers") { [encryption] in await encryption.problem() }]
    }
    return (0..<encryption.pluginCount).map { index in
      ServerHealthCheck(name: "kms-provider-\(index)") { [encryption] in await encryption.problem(ofPlugin: index) }
    }
  }

  /// Between two looks at what could not be read because a plugin was away.
  private static let patience = Duration.seconds(5)

  /// Follows the file, where it is to be followed, and what its plugins can read again, until the task is cancelled.
  func run(_ cluster: ClusterStore, _ pool: BlockingPool) async {
    let isFollowed = options.encryptionProviderConfigAutomaticReload == true
    guard isFollowed || encryption.pluginCount > 0 else { return }
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        while true {
          do { try await Task.sleep(for: Self.patience) } catch { return }
          if encryption.pluginCount > 0 { await cluster.readAgain() }
        }
      }
      guard isFollowed else { return }
      await file.follow(pool) { bytes in
        try await encryption.replace(by: try options.configuration(bytes))
        await cluster.readAgain()
      }
    }
  }
}
