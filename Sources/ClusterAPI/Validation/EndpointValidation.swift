import APIMachinery

/// Endpoints and endpoint slices.
enum EndpointValidation {
  static func validate(slice: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    ports(slice, &findings)
    endpoints(slice, old, &findings)
  }

  private static func endpoints(_ slice: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    let kind = slice.text("addressType")
    let known = Set((old?.items("endpoints") ?? []).flatMap { $0.items("addresses") }.compactMap(\.stringValue))
    let endpoints = slice.items("endpoints")
    if endpoints.count > 1000 {
      findings.add(.tooMany(FieldPath("endpoints"), count: endpoints.count, maximum: 1000))
      return
    }
    for (index, endpoint) in endpoints.enumerated() {
      let path = FieldPath("endpoints").index(index)
      let addresses = endpoint.items("addresses")
      if addresses.isEmpty {
        findings.required(path.child("addresses"), "must contain at least 1 address")
      } else if addresses.count > 100 {
        findings.add(.tooMany(path.child("addresses"), count: addresses.count, maximum: 100))
      }
      for (position, address) in addresses.enumerated() {
        self.address(address.stringValue ?? "", kind, known, path.child("addresses"), position, &findings)
      }
      if let node = endpoint["nodeName"]?.stringValue {
        findings.invalid(path.child("nodeName"), .string(node), NameRules.dns1123Subdomain(node))
      }
      topology(endpoint["deprecatedTopology"], path.child("deprecatedTopology"), &findings)
      if let host = endpoint["hostname"]?.stringValue {
        findings.invalid(path.child("hostname"), .string(host), NameRules.dns1123Label(host))
      }
      zones(endpoint["hints"]?.items("forZones") ?? [], path.child("hints", "forZones"), &findings)
      nodes(endpoint["hints"]?.items("forNodes") ?? [], path.child("hints", "forNodes"), &findings)
    }
  }

  private static func ports(_ slice: JSONValue, _ findings: inout Findings) {
    let ports = slice.items("ports")
    guard ports.count <= mostPorts else {
      return findings.add(.tooMany(FieldPath("ports"), count: ports.count, maximum: mostPorts))
    }
    var names: Set<String> = []
    for (index, port) in ports.enumerated() {
      let path = FieldPath("ports").index(index)
      let name = port.text("name")
      if !name.isEmpty { findings.invalid(path.child("name"), .string(name), NameRules.dns1123Label(name)) }
      if !names.insert(name).inserted { findings.add(.duplicate(path.child("name"), .string(name))) }
      findings.supported(port, "protocol", ["SCTP", "TCP", "UDP"], path)
      if let text = port["appProtocol"]?.stringValue {
        findings.invalid(path.child("appProtocol"), .string(text), NameRules.labelKey(text))
      }
    }
  }

  private static let mostPorts = 20000

  private static func topology(_ labels: JSONValue?, _ path: FieldPath, _ findings: inout Findings) {
    let count = labels?.objectValue?.count ?? 0
    if count > 16 { findings.add(.tooMany(path, count: count, maximum: 16)) }
    MetadataValidation.labels(labels, path, &findings)
  }

  private static func zones(_ zones: [JSONValue], _ path: FieldPath, _ findings: inout Findings) {
    guard zones.count <= 8 else { return findings.add(.tooMany(path, count: zones.count, maximum: 8)) }
    var names: Set<String> = []
    for (index, zone) in zones.enumerated() {
      let path = path.index(index).child("name")
      let name = zone.text("name")
      if !names.insert(name).inserted { findings.add(.duplicate(path, .string(name))) }
      findings.invalid(path, .string(name), NameRules.labelValue(name))
    }
  }

  private static func nodes(_ nodes: [JSONValue], _ path: FieldPath, _ findings: inout Findings) {
    guard nodes.count <= 8 else { return findings.add(.tooMany(path, count: nodes.count, maximum: 8)) }
    var names: Set<String> = []
    for (index, node) in nodes.enumerated() {
      let (path, name) = (path.index(index).child("name"), node.text("name"))
      if !names.insert(name).inserted { findings.add(.duplicate(path, .string(name))) }
      findings.invalid(path, .string(name), NameRules.dns1123Subdomain(name))
    }
  }

  private static func domain(_ text: String, _ path: FieldPath, _ findings: inout Findings) {
    guard !text.isEmpty else { return findings.required(path) }
    let name = text.hasSuffix(".") ? String(text.dropLast()) : text
    let problems = NameRules.dns1123Subdomain(name)
    findings.invalid(path, .string(text), problems)
    if problems.isEmpty, !name.contains(".") {
      findings.invalid(path, .string(text), "should be a domain with at least two segments separated by dots")
    }
  }

  private static func address(
    _ text: String, _ kind: String, _ known: Set<String>, _ list: FieldPath, _ index: Int, _ findings: inout Findings
  ) {
    let path = list.index(index)
    if kind == "FQDN" { return domain(text, path, &findings) }
    guard kind == "IPv4" || kind == "IPv6" else { return }
    AddressRules.address(text, old: known, path, &findings)
    guard let bytes = AddressRules.bytes(text) else { return }
    if bytes.count != (kind == "IPv4" ? 4 : 16) {
      // The whole list, as upstream has it.
      findings.invalid(list, .string(text), "must be an \(kind) address")
    }
    if let problem = AddressRules.endpointProblem(bytes, text) { findings.invalid(path, .string(text), problem) }
  }

  /// Subsets that are as they were stay, whatever was allowed when they were written.
  static func validate(endpoints: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    if let old, (old["subsets"] ?? []) == (endpoints["subsets"] ?? []) { return }
    for (index, subset) in endpoints.items("subsets").enumerated() {
      let path = FieldPath("subsets").index(index)
      let ports = subset.items("ports")
      if subset.items("addresses").isEmpty, subset.items("notReadyAddresses").isEmpty {
        findings.required(path, "must specify `addresses` or `notReadyAddresses`")
      }
      for list in ["addresses", "notReadyAddresses"] {
        for (position, address) in subset.items(list).enumerated() {
          let path = path.child(list).index(position)
          let text = address.text("ip")
          AddressRules.address(text, path.child("ip"), &findings)
          let name = address.text("hostname")
          if !name.isEmpty { findings.invalid(path.child("hostname"), .string(name), NameRules.dns1123Label(name)) }
          if let node = address["nodeName"]?.stringValue {
            findings.invalid(path.child("nodeName"), .string(node), NameRules.dns1123Subdomain(node))
          }
          guard let bytes = AddressRules.bytes(text, isLenient: true) else {
            findings.invalid(path.child("ip"), .string(text), "must be a valid IP address")
            continue
          }
          if let problem = AddressRules.endpointProblem(bytes, text) {
            findings.invalid(path.child("ip"), .string(text), problem)
          }
        }
      }
      for (position, port) in ports.enumerated() {
        let path = path.child("ports").index(position)
        let name = port.text("name")
        if name.isEmpty {
          if ports.count > 1 { findings.required(path.child("name")) }
        } else {
          findings.invalid(path.child("name"), .string(name), NameRules.dns1123Label(name))
        }
        let number = port["port"]?.integerValue ?? 0
        findings.invalid(path.child("port"), .integer(number), NameRules.portNumber(number))
        if let text = port["appProtocol"]?.stringValue {
          findings.invalid(path.child("appProtocol"), .string(text), NameRules.labelKey(text))
        }
      }
    }
  }
}
