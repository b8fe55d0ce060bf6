import APIMachinery

extension Cell {
  static let networks: [String: Function] = [
    "serviceClusterAddress": { cell in
      let first = cell.spec.items("clusterIPs").first?.stringValue ?? ""
      return cell.text(first.isEmpty ? cell.spec["clusterIP"] : .string(first), or: none)
    },
    "serviceExternalAddress": { .string($0.externalAddress) },
    "servicePorts": { cell in
      let texts = cell.spec.items("ports").map { port in
        let number = port["port"]?.integerValue ?? 0
        let nodePort = port["nodePort"]?.integerValue ?? 0
        return nodePort > 0 ? "\(number):\(nodePort)/\(port.text("protocol"))" : "\(number)/\(port.text("protocol"))"
      }
      return texts.isEmpty ? none : .string(texts.joined(separator: ","))
    },
    "endpointsAddresses": { .string($0.endpoints) },
    "sliceEndpoints": { cell in
      let addresses = cell.object.items("endpoints").flatMap { $0.items("addresses").compactMap(\.stringValue) }
      return addresses.isEmpty ? unset : .string(cell.list(addresses, limit: 3))
    },
    "slicePorts": { cell in
      let ports = cell.object.items("ports").map { port in
        port["port"]?.integerValue.map { "\($0)" } ?? (port.has("name") ? port.text("name") : "*")
      }
      return cell.text(.string(cell.list(ports, limit: 3)), or: unset)
    },
    "ingressClass": { $0.text($0.spec["ingressClassName"], or: none) },
    "ingressHosts": { cell in
      let rules = cell.spec.items("rules")
      var hosts: [String] = []
      for rule in rules {
        // Beyond the third host every rule is counted, also one that names no host.
        if hosts.count == 3 { return .string("\(hosts.joined(separator: ",")) + \(rules.count - 3) more...") }
        if !rule.text("host").isEmpty { hosts.append(rule.text("host")) }
      }
      return hosts.isEmpty ? "*" : .string(hosts.joined(separator: ","))
    },
    "ingressAddress": { cell in
      .string(cell.balancer.joined(separator: ","))
    },
    "ingressPorts": { .string($0.spec.items("tls").isEmpty ? "80" : "80, 443") },
    "ingressClassParameters": { cell in
      guard let parameters = cell.spec["parameters"] else { return none }
      let group = parameters.text("apiGroup")
      let kind = parameters.text("kind")
      return .string("\(group.isEmpty ? kind : "\(kind).\(group)")/\(parameters.text("name"))")
    },
    "policyPodSelector": { $0.selector($0.spec["podSelector"]) },
    "serviceCIDRs": { .string($0.spec.items("cidrs").compactMap(\.stringValue).joined(separator: ",")) },
    "addressParent": { cell in
      guard let parent = cell.spec["parentRef"] else { return none }
      let group = parent.text("group").lowercased()
      let resource = parent.text("resource").lowercased()
      let parts = [group.isEmpty ? resource : "\(resource).\(group)", parent.text("namespace"), parent.text("name")]
      return .string(parts.filter { !$0.isEmpty }.joined(separator: "/"))
    },
  ]

  /// Addresses and names of a load balancer, each once.
  private var balancer: [String] {
    var seen: Set<String> = []
    return (status["loadBalancer"]?.items("ingress") ?? []).compactMap { ingress in
      let text = ingress.text("ip").isEmpty ? ingress.text("hostname") : ingress.text("ip")
      return !text.isEmpty && seen.insert(text).inserted ? text : nil
    }.sorted()
  }

  private var externalAddress: String {
    let addresses = spec.items("externalIPs").compactMap(\.stringValue)
    switch spec.text("type") {
    case "ExternalName": return spec.text("externalName")
    case "LoadBalancer":
      let all = balancer + addresses
      return all.isEmpty ? "<pending>" : all.joined(separator: ",")
    default: return addresses.isEmpty ? "<none>" : addresses.joined(separator: ",")
    }
  }

  private var endpoints: String {
    var texts: [String] = []
    for subset in object.items("subsets") {
      let ports = subset.items("ports")
      for address in subset.items("addresses").map({ $0.text("ip") }) {
        if ports.isEmpty { texts.append(address) }
      }
      for port in ports {
        for address in subset.items("addresses").map({ $0.text("ip") }) {
          let host = address.contains(":") ? "[\(address)]" : address
          texts.append("\(host):\(port["port"]?.integerValue ?? 0)")
        }
      }
    }
    return texts.isEmpty ? "<none>" : list(texts, limit: 3)
  }
}
