import Addressing
import NetworkModel

/// What goes to and comes from network drivers (libnetwork, docs/remote.md). The names are the protocol's.
enum NetworkPluginMessage {
  struct Empty: Encodable, Sendable {}

  struct Capabilities: Decodable, Sendable {
    var Scope: String?
    var ConnectivityScope: String?
    var GwAllocChecker: Bool?
  }

  /// A network's options. docker's keys are labels.
  struct NetworkOptions: Encodable, Sendable {
    var generic: [String: String]
    var hasIPv4: Bool
    var hasIPv6: Bool
    var isInternal: Bool

    init(_ network: NetworkRecord) {
      generic = network.options
      hasIPv4 = network.hasIPv4
      hasIPv6 = network.subnet(.v6) != nil
      isInternal = network.isInternal
    }

    enum CodingKeys: String, CodingKey {
      case generic = "com.docker.network.generic"
      case hasIPv4 = "com.docker.network.enable_ipv4"
      case hasIPv6 = "com.docker.network.enable_ipv6"
      case isInternal = "com.docker.network.internal"
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(generic, forKey: .generic)
      try container.encode(hasIPv4, forKey: .hasIPv4)
      try container.encode(hasIPv6, forKey: .hasIPv6)
      // docker says it only where it is so.
      if isInternal { try container.encode(true, forKey: .isInternal) }
    }
  }

  struct GatewayCheck: Encodable, Sendable { var Options: NetworkOptions }
  struct GatewayCheckAnswer: Decodable, Sendable {
    var SkipIPv4: Bool?
    var SkipIPv6: Bool?
  }

  /// One subnet; addresses with the length of its prefix.
  struct Subnet: Encodable, Sendable {
    var AddressSpace: String
    var Pool: String
    var Gateway: String?
    var AuxAddresses: [String: String]?

    init(_ record: SubnetRecord, addressSpace: String) {
      func cidr(_ address: IPAddress) -> String { "\(address)/\(record.subnet.prefixLength)" }
      AddressSpace = record.addressSpace ?? addressSpace
      Pool = "\(record.subnet)"
      Gateway = record.hasNoGateway == true ? nil : cidr(record.gateway)
      AuxAddresses = record.auxiliary.isEmpty ? nil : record.auxiliary.mapValues(cidr)
    }

    /// What docker sends where nobody gives out addresses.
    init(everything family: IPFamily) {
      AddressSpace = "null"
      Pool = family == .v4 ? "0.0.0.0/0" : "::/0"
    }
  }

  struct CreateNetwork: Encodable, Sendable {
    var NetworkID: String
    var Options: NetworkOptions
    var IPv4Data: [Subnet]
    var IPv6Data: [Subnet]
  }

  struct Network: Encodable, Sendable { var NetworkID: String }

  struct Endpoint: Encodable, Sendable {
    var NetworkID: String
    var EndpointID: String
  }

  /// Addresses with their prefixes; what is empty is the other side's to choose.
  struct Interface: Codable, Sendable {
    var Address: String?
    var AddressIPv6: String?
    var MacAddress: String?
  }

  struct CreateEndpoint: Encodable, Sendable {
    var NetworkID: String
    var EndpointID: String
    var Interface: NetworkPluginMessage.Interface
    var Options: EndpointOptions
  }
  struct CreateEndpointAnswer: Decodable, Sendable { var Interface: NetworkPluginMessage.Interface? }

  struct Join: Encodable, Sendable {
    var NetworkID: String
    var EndpointID: String
    /// The path of the sandbox's network namespace.
    var SandboxKey: String
    var Options: EndpointOptions
  }

  struct JoinAnswer: Decodable, Sendable {
    struct Name: Decodable, Sendable {
      var SrcName: String?
      var DstPrefix: String?
      var DstName: String?
    }
    struct Route: Decodable, Sendable {
      var Destination: String?
      /// 0 is by `NextHop`, 1 is on the link.
      var RouteType: Int?
      var NextHop: String?
    }
    var InterfaceName: Name?
    var Gateway: String?
    var GatewayIPv6: String?
    var StaticRoutes: [Route]?
    var DisableGatewayService: Bool?
  }

  struct ExternalConnectivity: Encodable, Sendable {
    var NetworkID: String
    var EndpointID: String
    var Options: EndpointOptions
  }

  struct OperationalInfo: Decodable, Sendable {
    struct Value: Decodable, Sendable {
      struct Port: Decodable, Sendable {
        var Proto: Int?
        var Port: Int?
        var HostIP: String?
        var HostPort: Int?
      }
      var ports: [Port]?
      enum CodingKeys: String, CodingKey { case ports = "com.docker.network.portmap" }
    }
    var Value: Value?
  }

  /// An endpoint's options: its own, and which ports it offers and wants published.
  struct EndpointOptions: Encodable, Sendable {
    struct Exposed: Encodable, Sendable {
      var Proto: UInt8
      var Port: UInt16
    }
    struct Binding: Encodable, Sendable {
      var Proto: UInt8
      var IP = ""
      var Port: UInt16
      var HostIP: String
      var HostPort: UInt16
      var HostPortEnd: UInt16
    }
    var own: [String: String]
    var exposed: [Exposed]
    var bindings: [Binding]

    init(_ endpoint: EndpointRecord) {
      let remote = endpoint.remote ?? RemoteEndpoint()
      own = remote.options
      exposed = remote.exposed.map { Exposed(Proto: $0.transport.number, Port: $0.port.rawValue) }
      bindings = remote.bindings.map { binding in
        Binding(
          Proto: binding.container.transport.number, Port: binding.container.port.rawValue,
          HostIP: binding.hostAddress.map { "\($0)" } ?? "", HostPort: binding.hostPorts?.first.rawValue ?? 0,
          HostPortEnd: binding.hostPorts?.last.rawValue ?? 0)
      }
    }

    private struct Key: CodingKey {
      var stringValue: String
      var intValue: Int? { nil }
      init(_ label: String) { stringValue = label }
      init?(stringValue: String) { self.init(stringValue) }
      init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      for (label, value) in own { try container.encode(value, forKey: Key(label)) }
      try container.encode(exposed, forKey: Key("com.docker.network.endpoint.exposedports"))
      try container.encode(bindings, forKey: Key("com.docker.network.portmap"))
    }
  }

  /// A node has come or gone.
  struct Discovery: Encodable, Sendable {
    struct Node: Encodable, Sendable {
      var Address: String
      var `Self`: Bool
    }
    /// 1 is a node.
    var DiscoveryType = 1
    var DiscoveryData: Node
  }
}
