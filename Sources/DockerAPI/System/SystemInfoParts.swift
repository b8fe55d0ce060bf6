// The parts of ``SystemInfo``.

/// The drivers the engine knows, by kind.
public struct PluginsInfo: JSONObject, Hashable {
  public static let goType = "system.PluginsInfo"

  public var volume: [String]?
  public var network: [String]?
  public var authorization: [String]?
  public var log: [String]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Volume", &volume)
    visit("Network", &network)
    visit("Authorization", &authorization)
    visit("Log", &log)
  }
}

/// How the engine talks to registries.
public struct RegistryServiceConfig: JSONObject, Hashable {
  public static let goType = "registry.ServiceConfig"

  public var indexConfigs: [String: RegistryIndexInfo] = [:]
  public var insecureRegistryCIDRs: [String] = []
  public var mirrors: [String]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("IndexConfigs", &indexConfigs)
    visit("InsecureRegistryCIDRs", &insecureRegistryCIDRs)
    visit("Mirrors", &mirrors)
  }
}

/// How the engine talks to one registry.
public struct RegistryIndexInfo: JSONObject, Hashable {
  public static let goType = "registry.IndexInfo"

  public var name = ""
  public var mirrors: [String] = []
  public var secure = false
  public var official = false

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Name", &name)
    visit("Mirrors", &mirrors)
    visit("Secure", &secure)
    visit("Official", &official)
  }
}

/// An OCI runtime.
public struct RuntimeInfo: JSONObject, Hashable {
  public static let goType = "system.RuntimeWithStatus"

  public var path = ""
  public var runtimeArgs: [String]?
  public var status: [String: String]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("path", &path, .omitEmpty)
    visit("runtimeArgs", &runtimeArgs, .omitEmpty)
    visit("status", &status, .omitEmpty)
  }
}

/// The state of swarm mode, which this engine does not have: always inactive.
public struct SwarmInfo: JSONObject, Hashable {
  public static let goType = "swarm.Info"

  public var nodeID = ""
  public var nodeAddr = ""
  public var localNodeState = "inactive"
  public var controlAvailable = false
  public var error = ""
  public var remoteManagers: [JSONValue]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("NodeID", &nodeID)
    visit("NodeAddr", &nodeAddr)
    visit("LocalNodeState", &localNodeState)
    visit("ControlAvailable", &controlAvailable)
    visit("Error", &error)
    visit("RemoteManagers", &remoteManagers)
  }
}

/// The version of a helper program; `Expected` is for clients below API 1.49.
public struct CommitInfo: JSONObject, Hashable {
  public static let goType = "system.Commit"

  public var id = ""
  public var expected = ""

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("ID", &id)
    visit("Expected", &expected, .omitEmpty)
  }
}

/// A pool out of which networks take their subnets.
public struct AddressPoolInfo: JSONObject, Hashable {
  public static let goType = "system.NetworkAddressPool"

  public var base = ""
  public var size = 0

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Base", &base)
    visit("Size", &size)
  }
}

/// What filters packets.
public struct FirewallInfo: JSONObject, Hashable {
  public static let goType = "system.FirewallInfo"

  public var driver = ""
  public var info: [[String]]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Driver", &driver)
    visit("Info", &info, .omitEmpty)
  }
}
