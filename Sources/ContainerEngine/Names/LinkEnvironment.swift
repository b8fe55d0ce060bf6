/// The variables by which a container on the default network learns of those that it links to (`--link`), as docker
/// names them.
enum LinkEnvironment {
  /// - Parameters:
  ///   - alias: under which the other is known.
  ///   - path: `/container/alias`.
  ///   - address: the other's.
  ///   - ports: what the other exposes.
  ///   - environment: the other's own variables.
  static func variables(
    alias: String, path: String, address: String, ports: [ContainerPort], environment: [String]
  ) -> [String] {
    let prefix = prefix(alias)
    // TCP ports first, as docker has it.
    let sorted = ports.sorted {
      ($0.transport == "tcp" ? 0 : 1, $0.number) < ($1.transport == "tcp" ? 0 : 1, $1.number)
    }
    func place(_ port: ContainerPort) -> String { "\(port.transport)://\(address):\(port.number)" }
    var variables: [String] = []
    if let first = sorted.first { variables.append("\(prefix)_PORT=\(place(first))") }
    for port in sorted {
      let name = "\(prefix)_PORT_\(port.number)_\(port.transport.uppercased())"
      variables += [
        "\(name)=\(place(port))", "\(name)_ADDR=\(address)", "\(name)_PORT=\(port.number)",
        "\(name)_PROTO=\(port.transport)",
      ]
    }
    variables.append("\(prefix)_NAME=\(path)")
    for variable in environment {
      let parts = variable.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, parts[0] != "HOME", parts[0] != "PATH" else { continue }
      variables.append("\(prefix)_ENV_\(parts[0])=\(parts[1])")
    }
    return variables
  }

  /// Whether a variable (`NAME=value`) is one of those about the container with this alias.
  static func isVariable(_ variable: String, of alias: String) -> Bool {
    let prefix = prefix(alias)
    return ["_PORT=", "_PORT_", "_NAME=", "_ENV_"].contains { variable.hasPrefix(prefix + $0) }
  }

  private static func prefix(_ alias: String) -> String { alias.uppercased().replacing("-", with: "_") }
}
