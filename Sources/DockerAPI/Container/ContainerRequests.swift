// What clients send about containers, and the short answers.

/// Body of `POST /containers/create`: the members of ``ContainerConfig`` with two more beside them.
public struct CreateRequest: JSONObject, Hashable {
  public static let goType = "container.CreateRequest"

  public var config = ContainerConfig()
  public var hostConfig: HostConfig?
  public var networkingConfig: NetworkingConfig?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit.embedded("Config", &config)
    visit("HostConfig", &hostConfig, .omitEmpty)
    visit("NetworkingConfig", &networkingConfig, .omitEmpty)
  }
}

/// Answer of `POST /containers/create`.
public struct CreateResponse: JSONObject, Hashable {
  public static let goType = "container.CreateResponse"

  public var id = ""
  public var warnings: [String] = []

  public init() {}

  /// Makes an answer.
  public init(id: String, warnings: [String] = []) {
    self.id = id
    self.warnings = warnings
  }

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Id", &id)
    visit("Warnings", &warnings)
  }
}

/// An answer that holds just an identifier: of a commit, of an exec.
public struct IDResponse: JSONObject, Hashable {
  public static let goType = "common.IDResponse"

  public var id = ""

  public init() {}

  /// Makes an answer.
  public init(id: String) {
    self.id = id
  }

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Id", &id)
  }
}

/// Body of `POST /containers/{id}/update`.
public struct UpdateConfig: JSONObject, Hashable {
  public static let goType = "container.UpdateConfig"

  public var resources = Resources()
  public var restartPolicy = RestartPolicy()
  /// Ours alone, Docker has no such field: the ports that are published from now on, instead of those that are.
  public var portBindings: PortMap?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit.embedded("Resources", &resources)
    visit("RestartPolicy", &restartPolicy)
    visit("PortBindings", &portBindings, .omitEmpty)
  }
}

/// Answer of `POST /containers/{id}/update`.
public struct UpdateResponse: JSONObject, Hashable {
  public static let goType = "container.UpdateResponse"

  public var warnings: [String]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Warnings", &warnings)
  }
}

/// Answer of `POST /containers/{id}/wait`.
public struct WaitResponse: JSONObject, Hashable {
  public static let goType = "container.WaitResponse"

  public var error: WaitExitError?
  public var statusCode: Int64 = 0

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Error", &error, .omitEmpty)
    visit("StatusCode", &statusCode)
  }
}

/// Why a wait has no exit code.
public struct WaitExitError: JSONObject, Hashable {
  public static let goType = "container.WaitExitError"

  public var message = ""

  public init() {}

  /// Makes an error.
  public init(message: String) {
    self.message = message
  }

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Message", &message, .omitEmpty)
  }
}

/// Answer of `GET /containers/{id}/top`.
public struct TopResponse: JSONObject, Hashable {
  public static let goType = "container.TopResponse"

  public var processes: [[String]]?
  public var titles: [String]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Processes", &processes)
    visit("Titles", &titles)
  }
}

/// An entry of `GET /containers/{id}/changes`: 0 modified, 1 added, 2 deleted.
public struct FilesystemChange: JSONObject, Hashable {
  public static let goType = "container.FilesystemChange"

  public var kind: UInt16 = 0
  public var path = ""

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Kind", &kind)
    visit("Path", &path)
  }
}

/// Answer of `POST /containers/prune`.
public struct ContainersPruneReport: JSONObject, Hashable {
  public static let goType = "container.PruneReport"

  public var containersDeleted: [String]?
  public var spaceReclaimed: UInt64 = 0

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("ContainersDeleted", &containersDeleted)
    visit("SpaceReclaimed", &spaceReclaimed)
  }
}

/// What the `X-Docker-Container-Path-Stat` header carries, in base64.
public struct PathStat: JSONObject, Hashable {
  public static let goType = "container.PathStat"

  public var name = ""
  public var size: Int64 = 0
  /// Go's `os.FileMode`: permission bits, and the kind in the high bits.
  public var mode: UInt32 = 0
  public var mtime = Timestamp()
  public var linkTarget = ""

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("name", &name)
    visit("size", &size)
    visit("mode", &mode)
    visit("mtime", &mtime)
    visit("linkTarget", &linkTarget)
  }
}
