import APIMachinery

/// Endpoints and endpoint slices.
enum EndpointValidation {
  static func validate(slice: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    let kind = slice.text("addressType")
    let endpoints = slice.items("endpoints")
    if endpoints.count > 1000 {
      findings.add(.tooMany(FieldPath("endpoints"), count: endpoints.count, maximum: 1000))
      return
    }
    for (index, endpoint) in endpoints.enumerated() {
      let path = FieldPath("endpoints").index(index)
      let addresses = endpoint.items("addresses")
      if addresses.isEmpty {
        if endpoint.has("addresses") { findings.required(path.child("addresses"), "must contain at least 1 address") }
      } else if addresses.count > 100 {
        findings.add(.tooMany(path.child("addresses"), count: addresses.count, maximum: 100))
      }
      for (position, address) in addresses.enumerated() {
        self.address(address.stringValue ?? "", kind, path.child("addresses").index(position), &findings)
      }
      for (name, rule) in [("hostname", NameRules.dns1123Label), ("nodeName", NameRules.dns1123Subdomain)] {
        let text = endpoint.text(name)
        if !text.isEmpty { findings.invalid(path.child(name), .string(text), rule(text)) }
      }
      let zones = endpoint["hints"]?.items("forZones") ?? []
      if zones.count > 8 {
        findings.add(.tooMany(path.child("hints", "forZones"), count: zones.count, maximum: 8))
      }
    }
    let ports = slice.items("ports")
    if ports.count > 100 { findings.add(.tooMany(FieldPath("ports"), count: ports.count, maximum: 100)) }
    var names: Set<String> = []
    for (index, port) in ports.enumerated() {
      let path = FieldPath("ports").index(index)
      let name = port.text("name")
      if !name.isEmpty { findings.invalid(path.child("name"), .string(name), NameRules.dns1123Label(name)) }
      if !names.insert(name).inserted { findings.add(.duplicate(path.child("name"), .string(name))) }
      if let text = port["appProtocol"]?.stringValue {
        findings.invalid(path.child("appProtocol"), .string(text), NameRules.labelKey(text))
      }
    }
  }

  private static func address(_ text: String, _ kind: String, _ path: FieldPath, _ findings: inout Findings) {
    if kind == "FQDN" {
      return findings.invalid(path, .string(text), NameRules.dns1123Subdomain(text))
    }
    guard kind == "IPv4" || kind == "IPv6" else { return }
    guard let bytes = AddressRules.bytes(text), bytes.count == (kind == "IPv4" ? 4 : 16) else {
      return findings.invalid(
        path, .string(text), kind == "IPv4" ? "must be a valid IPv4 address" : "must be a valid IPv6 address")
    }
    if let problem = AddressRules.endpointProblem(bytes) { findings.invalid(path, .string(text), problem) }
  }

  static func validate(endpoints: JSONValue, _ findings: inout Findings) {
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
          if let bytes = AddressRules.bytes(text), let problem = AddressRules.endpointProblem(bytes) {
            findings.invalid(path.child("ip"), .string(text), problem)
          }
          let name = address.text("hostname")
          if !name.isEmpty { findings.invalid(path.child("hostname"), .string(name), NameRules.dns1123Label(name)) }
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
      }
    }
  }
}
