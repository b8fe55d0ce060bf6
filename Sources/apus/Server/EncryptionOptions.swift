import APIMachinery
import APIServer
import ArgumentParser
import ClusterAPI

/// The flags about how objects are encrypted in the store; named as kube-apiserver's.
struct EncryptionOptions: ParsableArguments {
  @Option(
    help:
      "Which resources are encrypted in the store, and how: a file of kind EncryptionConfiguration of apiserver.config.k8s.io/v1."
  )
  var encryptionProviderConfig: String?
  @Option(help: "Whether that file is followed while the server runs: true or false (default false).")
  var encryptionProviderConfigAutomaticReload: Bool?

  /// What the file says.
  func configuration(_ bytes: [UInt8]) throws -> EncryptionConfiguration {
    do { return try EncryptionConfiguration(bytes) } catch {
      throw ValidationError(
        "--encryption-provider-config \(encryptionProviderConfig ?? ""): error while parsing file: \(error.message)")
    }
  }

  func validate() throws {
    guard encryptionProviderConfig != nil || encryptionProviderConfigAutomaticReload != true else {
      throw ValidationError(
        "--encryption-provider-config-automatic-reload must be set with --encryption-provider-config")
    }
  }
}
