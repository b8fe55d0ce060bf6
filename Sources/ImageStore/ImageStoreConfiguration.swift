/// Where images live and how registries are reached.
public struct ImageStoreConfiguration: Sendable {
  /// Directory of the store; made when missing.
  public var root: String
  /// URLs of mirrors of docker.io, asked before it (dockerd's `registry-mirrors`).
  public var mirrors: [String] = []
  /// Hosts (`host`, `host:port`) that may be spoken to without a verified certificate or without TLS at all (dockerd's
  /// `insecure-registries`). The loopback network always may.
  public var insecureRegistries: [String] = []
  /// Where the operator keeps certificates for registries, in a directory for each that is named `host` or `host:port`:
  /// authorities to trust as `*.crt`, certificates to show as `*.cert` with `*.key` (Docker's layout).
  public var certificatesDirectory = "/etc/docker/certs.d"
  /// Host that stands for docker.io.
  public var defaultRegistryHost = "registry-1.docker.io"
  /// Blobs that one pull downloads at a time.
  public var maximumDownloads = 3
  /// Blobs that one push uploads at a time.
  public var maximumUploads = 5
  /// Attempts for one download before a pull gives up.
  public var downloadAttempts = 5
  /// Seconds without a byte after which a registry counts as hanging.
  public var idleTimeout = 30.0
  /// Seconds in which a registry must begin to answer a request for a document (manifest, token, list of tags). Who
  /// waits for such a one learns soon that a registry is dead; a blob may take its time.
  public var answerTimeout = 10.0
  /// Seconds for a connection to come up.
  public var connectTimeout = 15.0
  /// Seconds before the first retry; every later one waits twice as long.
  public var firstRetryDelay = 0.5
  /// Bytes that one layer may unpack to; guards against archives that never end.
  public var maximumLayerSize: Int64 = 256 << 30
  /// `User-Agent` sent to registries.
  public var userAgent = "apus"

  /// Told, while the store opens, which images it takes out because files of theirs are missing or broken.
  public var report: @Sendable (String) -> Void = { _ in }

  public init(root: String) { self.root = root }
}

/// Credentials for a registry, as `X-Registry-Auth` carries them.
public struct RegistryCredentials: Sendable, Equatable {
  public var username: String
  public var password: String
  /// A refresh token of the token service, instead of a password.
  public var identityToken: String
  /// A bearer token, used as it is.
  public var registryToken: String

  public init(username: String = "", password: String = "", identityToken: String = "", registryToken: String = "") {
    self.username = username
    self.password = password
    self.identityToken = identityToken
    self.registryToken = registryToken
  }

  var isEmpty: Bool { username.isEmpty && identityToken.isEmpty && registryToken.isEmpty }
}
