/// How an image's process runs: the `config` object of an image config (OCI config.md, with Docker's additions).
public struct ProcessConfiguration: Sendable, Codable, Equatable {
  public var user: String?
  /// `80/tcp` and so on.
  public var exposedPorts: [String: EmptyObject]?
  /// `NAME=value`.
  public var environment: [String]?
  public var entrypoint: [String]?
  public var command: [String]?
  public var volumes: [String: EmptyObject]?
  public var workingDirectory: String?
  public var labels: [String: String]?
  public var stopSignal: String?
  /// Seconds.
  public var stopTimeout: Int?
  public var healthcheck: Healthcheck?
  public var shell: [String]?
  public var onBuild: [String]?
  /// Docker's: the command was given as a shell line already escaped (Windows).
  public var argsEscaped: Bool?

  enum CodingKeys: String, CodingKey {
    case user = "User"
    case exposedPorts = "ExposedPorts"
    case environment = "Env"
    case entrypoint = "Entrypoint"
    case command = "Cmd"
    case volumes = "Volumes"
    case workingDirectory = "WorkingDir"
    case labels = "Labels"
    case stopSignal = "StopSignal"
    case stopTimeout = "StopTimeout"
    case healthcheck = "Healthcheck"
    case shell = "Shell"
    case onBuild = "OnBuild"
    case argsEscaped = "ArgsEscaped"
  }

  public init() {}

  /// A check that a container works; durations in nanoseconds.
  public struct Healthcheck: Sendable, Codable, Equatable {
    public var test: [String]?
    public var interval: Int64?
    public var timeout: Int64?
    public var startPeriod: Int64?
    public var startInterval: Int64?
    public var retries: Int?
    enum CodingKeys: String, CodingKey {
      case test = "Test"
      case interval = "Interval"
      case timeout = "Timeout"
      case startPeriod = "StartPeriod"
      case startInterval = "StartInterval"
      case retries = "Retries"
    }
    public init() {}
  }
}

/// `{}`: the value of a set written as a JSON object.
public struct EmptyObject: Sendable, Codable, Hashable {
  public init() {}
  public init(from decoder: any Decoder) throws {}
  public func encode(to encoder: any Encoder) throws { _ = encoder.container(keyedBy: NoKeys.self) }
  private enum NoKeys: CodingKey {}
}
