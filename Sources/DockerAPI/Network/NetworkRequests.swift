// What clients send about networks, and the short answers.

/// Body of `POST /networks/create`: moby's `network.CreateRequest`.
public struct NetworkCreateRequest: JSONObject, Hashable {
  public static let goType = "network.CreateRequest"

  public var driver = ""
  public var scope = ""
  public var enableIPv4: Bool?
  public var enableIPv6: Bool?
  public var ipam: NetworkIPAM?
  public var isInternal = false
  public var attachable = false
  public var ingress = false
  public var configOnly = false
  public var configFrom: ConfigReference?
  public var options: [String: String]?
  public var labels: [String: String]?
  public var name = ""
  public var checkDuplicate: Bool?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Driver", &driver)
    visit("Scope", &scope)
    visit("EnableIPv4", &enableIPv4, .omitEmpty)
    visit("EnableIPv6", &enableIPv6, .omitEmpty)
    visit("IPAM", &ipam)
    visit("Internal", &isInternal)
    visit("Attachable", &attachable)
    visit("Ingress", &ingress)
    visit("ConfigOnly", &configOnly)
    visit("ConfigFrom", &configFrom)
    visit("Options", &options)
    visit("Labels", &labels)
    visit("Name", &name)
    visit("CheckDuplicate", &checkDuplicate, .omitEmpty)
  }
}

/// Answer of `POST /networks/create`.
public struct NetworkCreateResponse: JSONObject, Hashable {
  public static let goType = "network.CreateResponse"

  public var id = ""
  public var warning = ""

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Id", &id)
    visit("Warning", &warning)
  }
}

/// Body of `POST /networks/{id}/connect`.
public struct NetworkConnectRequest: JSONObject, Hashable {
  public static let goType = "network.ConnectOptions"

  public var container = ""
  public var endpointConfig: EndpointSettings?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Container", &container)
    visit("EndpointConfig", &endpointConfig, .omitEmpty)
  }
}

/// Body of `POST /networks/{id}/disconnect`.
public struct NetworkDisconnectRequest: JSONObject, Hashable {
  public static let goType = "network.DisconnectOptions"

  public var container = ""
  public var force = false

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Container", &container)
    visit("Force", &force)
  }
}

/// Answer of `POST /networks/prune`.
public struct NetworksPruneReport: JSONObject, Hashable {
  public static let goType = "network.PruneReport"

  public var networksDeleted: [String]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("NetworksDeleted", &networksDeleted)
  }
}
