import APIMachinery

/// What the server itself reads and writes of a service's `spec` (`core/v1` ServiceSpec): addresses, ports and what they
/// depend on.
public struct ServiceSpec: Sendable, Equatable {
  public struct Port: Sendable, Equatable {
    public var name: String
    public var port: Int64
    /// 0 for none.
    public var nodePort: Int64
  }

  /// The address of a service that has none.
  public static let none = "None"

  public var type: String
  public var clusterIP: String
  public var clusterIPs: [String]
  /// `IPv4` and `IPv6`, the first one that of the first address.
  public var ipFamilies: [String]
  public var ipFamilyPolicy: String?
  public var ports: [Port]
  /// 0 for none.
  public var healthCheckNodePort: Int64
  public var externalTrafficPolicy: String
  public var allocateLoadBalancerNodePorts: Bool?
  public var loadBalancerClass: String?
  public let hasSelector: Bool
  public let hasExternalIPs: Bool

  public init(_ spec: JSONValue?) {
    func text(_ name: String) -> String { spec?[name]?.stringValue ?? "" }
    func texts(_ name: String) -> [String] { (spec?[name]?.arrayValue ?? []).map { $0.stringValue ?? "" } }
    type = text("type")
    clusterIP = text("clusterIP")
    clusterIPs = texts("clusterIPs")
    ipFamilies = texts("ipFamilies")
    ipFamilyPolicy = spec?["ipFamilyPolicy"]?.stringValue
    ports = (spec?["ports"]?.arrayValue ?? []).map { port in
      Port(
        name: port["name"]?.stringValue ?? "", port: port["port"]?.integerValue ?? 0,
        nodePort: port["nodePort"]?.integerValue ?? 0)
    }
    healthCheckNodePort = spec?["healthCheckNodePort"]?.integerValue ?? 0
    externalTrafficPolicy = text("externalTrafficPolicy")
    allocateLoadBalancerNodePorts = spec?["allocateLoadBalancerNodePorts"]?.boolValue
    loadBalancerClass = spec?["loadBalancerClass"]?.stringValue
    hasSelector = spec?["selector"]?.objectValue.map { !$0.isEmpty } ?? false
    hasExternalIPs = spec?["externalIPs"]?.arrayValue.map { !$0.isEmpty } ?? false
  }

  public var needsClusterIP: Bool { type != "ExternalName" }
  public var isHeadless: Bool { clusterIPs == [Self.none] || clusterIPs.isEmpty && clusterIP == Self.none }
  public var needsNodePorts: Bool { type == "NodePort" || type == "LoadBalancer" }
  public var needsHealthCheckNodePort: Bool { type == "LoadBalancer" && externalTrafficPolicy == "Local" }
  public var isExternallyAccessible: Bool { needsNodePorts || needsClusterIP && hasExternalIPs }
  /// Whether ports that name no node port get one.
  public var getsNodePorts: Bool {
    type == "NodePort" || type == "LoadBalancer" && allocateLoadBalancerNodePorts ?? true
  }

  /// The addresses that the service has of the cluster's.
  public var addresses: [String] { needsClusterIP && !isHeadless ? clusterIPs.filter { !$0.isEmpty } : [] }

  /// The node ports that the service has, each once, in their order.
  public var nodePorts: [Int64] {
    var numbers: [Int64] = []
    for port in ports where port.nodePort != 0 && !numbers.contains(port.nodePort) { numbers.append(port.nodePort) }
    if needsHealthCheckNodePort, healthCheckNodePort != 0, !numbers.contains(healthCheckNodePort) {
      numbers.append(healthCheckNodePort)
    }
    return numbers
  }

  /// Whether both have the same addresses in the same order.
  public func hasSameClusterIPs(as other: ServiceSpec) -> Bool {
    clusterIP == other.clusterIP && clusterIPs == other.clusterIPs
  }

  /// Writes what differs from `before` into the `spec` that `before` was read from.
  public func write(to spec: inout JSONObject, before: ServiceSpec) {
    guard self != before else { return }
    func list(_ texts: [String]) -> JSONValue? { texts.isEmpty ? nil : .array(texts.map { .string($0) }) }
    if clusterIP != before.clusterIP { spec["clusterIP"] = clusterIP.isEmpty ? nil : .string(clusterIP) }
    if clusterIPs != before.clusterIPs { spec["clusterIPs"] = list(clusterIPs) }
    if ipFamilies != before.ipFamilies { spec["ipFamilies"] = list(ipFamilies) }
    if ipFamilyPolicy != before.ipFamilyPolicy { spec["ipFamilyPolicy"] = ipFamilyPolicy.map { .string($0) } }
    if externalTrafficPolicy != before.externalTrafficPolicy {
      spec["externalTrafficPolicy"] = externalTrafficPolicy.isEmpty ? nil : .string(externalTrafficPolicy)
    }
    if allocateLoadBalancerNodePorts != before.allocateLoadBalancerNodePorts {
      spec["allocateLoadBalancerNodePorts"] = allocateLoadBalancerNodePorts.map { .bool($0) }
    }
    if loadBalancerClass != before.loadBalancerClass {
      spec["loadBalancerClass"] = loadBalancerClass.map { .string($0) }
    }
    if healthCheckNodePort != before.healthCheckNodePort {
      spec["healthCheckNodePort"] = healthCheckNodePort == 0 ? nil : .integer(healthCheckNodePort)
    }
    guard ports != before.ports, case .array(var items)? = spec["ports"], items.count == ports.count else { return }
    for (index, port) in ports.enumerated() where port.nodePort != before.ports[index].nodePort {
      guard case .object(var item) = items[index] else { continue }
      item["nodePort"] = port.nodePort == 0 ? nil : .integer(port.nodePort)
      items[index] = .object(item)
    }
    spec["ports"] = .array(items)
  }
}
