/// Body of `POST /containers/{id}/exec`: moby's `container.ExecOptions`.
public struct ExecOptions: JSONObject, Hashable {
  public static let goType = "container.ExecOptions"

  public var user = ""
  public var privileged = false
  public var tty = false
  public var consoleSize: ConsoleSize?
  public var attachStdin = false
  public var attachStderr = false
  public var attachStdout = false
  public var detach = false
  public var detachKeys = ""
  public var env: [String]?
  public var workingDir = ""
  public var cmd: [String]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("User", &user)
    visit("Privileged", &privileged)
    visit("Tty", &tty)
    visit("ConsoleSize", &consoleSize, .omitEmpty)
    visit("AttachStdin", &attachStdin)
    visit("AttachStderr", &attachStderr)
    visit("AttachStdout", &attachStdout)
    visit("Detach", &detach)
    visit("DetachKeys", &detachKeys)
    visit("Env", &env)
    visit("WorkingDir", &workingDir)
    visit("Cmd", &cmd)
  }
}

/// Body of `POST /exec/{id}/start`.
public struct ExecStartOptions: JSONObject, Hashable {
  public static let goType = "container.ExecStartOptions"

  public var detach = false
  public var tty = false
  public var consoleSize: ConsoleSize?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Detach", &detach)
    visit("Tty", &tty)
    visit("ConsoleSize", &consoleSize, .omitEmpty)
  }
}

/// Answer of `GET /exec/{id}/json`: moby's `backend.ExecInspect`.
public struct ExecInspect: JSONObject, Hashable {
  public static let goType = "backend.ExecInspect"

  public var id = ""
  public var running = false
  public var exitCode: Int?
  public var processConfig = ExecProcessConfig()
  public var openStdin = false
  public var openStderr = false
  public var openStdout = false
  public var canRemove = false
  public var containerID = ""
  public var detachKeys = ""
  public var pid = 0

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("ID", &id)
    visit("Running", &running)
    visit("ExitCode", &exitCode)
    visit("ProcessConfig", &processConfig)
    visit("OpenStdin", &openStdin)
    visit("OpenStderr", &openStderr)
    visit("OpenStdout", &openStdout)
    visit("CanRemove", &canRemove)
    visit("ContainerID", &containerID)
    visit("DetachKeys", &detachKeys)
    visit("Pid", &pid)
  }
}

/// The process of an exec.
public struct ExecProcessConfig: JSONObject, Hashable {
  public static let goType = "backend.ExecProcessConfig"

  public var tty = false
  public var entrypoint = ""
  public var arguments: [String] = []
  public var privileged: Bool?
  public var user = ""

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("tty", &tty)
    visit("entrypoint", &entrypoint)
    visit("arguments", &arguments)
    visit("privileged", &privileged, .omitEmpty)
    visit("user", &user, .omitEmpty)
  }
}
