/// What the image and the user say about the process: moby's `container.Config`. Nothing in it depends on the host.
public struct ContainerConfig: JSONObject, Hashable {
  public static let goType = "container.Config"

  public var hostname = ""
  public var domainname = ""
  /// `user`, `user:group`, `uid` or `uid:gid`.
  public var user = ""
  public var attachStdin = false
  public var attachStdout = false
  public var attachStderr = false
  /// Ports the image serves, as `80/tcp`.
  public var exposedPorts: [String: EmptyObject]?
  public var tty = false
  public var openStdin = false
  /// Close the standard input when the first attached client leaves.
  public var stdinOnce = false
  /// `NAME=value`, or `NAME` to remove the image's.
  public var env: [String]?
  public var cmd: WordList?
  public var healthcheck: HealthConfig?
  public var argsEscaped = false
  /// The image as the user wrote it.
  public var image = ""
  /// Paths in the container that get an anonymous volume.
  public var volumes: [String: EmptyObject]?
  public var workingDir = ""
  public var entrypoint: WordList?
  public var networkDisabled = false
  /// Deprecated since API 1.44 in favour of the endpoint's own.
  public var macAddress = ""
  public var onBuild: [String]?
  public var labels: [String: String]?
  public var stopSignal = ""
  /// Seconds between the stop signal and the kill.
  public var stopTimeout: Int?
  public var shell: WordList?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Hostname", &hostname)
    visit("Domainname", &domainname)
    visit("User", &user)
    visit("AttachStdin", &attachStdin)
    visit("AttachStdout", &attachStdout)
    visit("AttachStderr", &attachStderr)
    visit("ExposedPorts", &exposedPorts, .omitEmpty)
    visit("Tty", &tty)
    visit("OpenStdin", &openStdin)
    visit("StdinOnce", &stdinOnce)
    visit("Env", &env)
    visit("Cmd", &cmd)
    visit("Healthcheck", &healthcheck, .omitEmpty)
    visit("ArgsEscaped", &argsEscaped, .omitEmpty)
    visit("Image", &image)
    visit("Volumes", &volumes)
    visit("WorkingDir", &workingDir)
    visit("Entrypoint", &entrypoint)
    visit("NetworkDisabled", &networkDisabled, .omitEmpty)
    visit("MacAddress", &macAddress, .omitEmpty)
    visit("OnBuild", &onBuild)
    visit("Labels", &labels)
    visit("StopSignal", &stopSignal, .omitEmpty)
    visit("StopTimeout", &stopTimeout, .omitEmpty)
    visit("Shell", &shell, .omitEmpty)
  }
}

/// How the engine checks that a container still does its work. Durations are nanoseconds.
public struct HealthConfig: JSONObject, Hashable {
  public static let goType = "v1.HealthcheckConfig"

  /// Empty: the image's; `["NONE"]`: none; `["CMD", …]` or `["CMD-SHELL", command]`.
  public var test: [String]?
  public var interval: Int64 = 0
  public var timeout: Int64 = 0
  public var startPeriod: Int64 = 0
  public var startInterval: Int64 = 0
  public var retries = 0

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Test", &test, .omitEmpty)
    visit("Interval", &interval, .omitEmpty)
    visit("Timeout", &timeout, .omitEmpty)
    visit("StartPeriod", &startPeriod, .omitEmpty)
    visit("StartInterval", &startInterval, .omitEmpty)
    visit("Retries", &retries, .omitEmpty)
  }
}
