/// One thing that can be set: by a flag, by a key of the configuration file. The names are dockerd's.
struct Directive: Sendable {
  enum Kind: Sendable, Equatable {
    case string, integer, boolean, list
    /// `name=value`, repeatable; an object in the file.
    case map
    /// `group=name=value`, repeatable; an object of objects in the file.
    case maps
    /// `base=CIDR,size=N`, repeatable; a list of objects in the file.
    case pools
    /// `name=soft[:hard]`, repeatable; an object of objects in the file.
    case limits
    /// `name=path`, repeatable; an object of `{"path": …}` in the file.
    case runtimes
    /// Bytes, as a number or as `64m`.
    case size
  }

  /// The flag without its dashes; nil where only the file has it.
  let flag: String?
  /// The key of the file; nil where only a flag makes sense.
  let key: String?
  let kind: Kind

  var name: String { key ?? flag ?? "" }

  init(_ flag: String?, _ key: String?, _ kind: Kind) {
    self.flag = flag
    self.key = key
    self.kind = kind
  }

  init(_ both: String, _ kind: Kind) { self.init(both, both, kind) }

  static let all: [Directive] = [
    // Apus's own.
    Directive("data-dir", "data-root", .string), Directive("run-dir", "exec-root", .string),
    Directive("instance", nil, .string), Directive("docker-socket", nil, .list),
    Directive("registry-certs-dir", .string),
    // The door.
    Directive("host", "hosts", .list), Directive("group", .string), Directive("pidfile", .string),
    Directive("log-level", .string), Directive("debug", .boolean),
    // Networks.
    Directive("bridge", .string), Directive("bip", .string), Directive("bip6", .string),
    Directive("fixed-cidr", .string), Directive("fixed-cidr-v6", .string), Directive("ipv6", .boolean),
    Directive("mtu", .integer), Directive("default-address-pool", "default-address-pools", .pools),
    Directive("icc", .boolean), Directive("ip", .string), Directive("ip-masq", .boolean),
    Directive("ip-forward", .boolean), Directive("iptables", .boolean), Directive("ip6tables", .boolean),
    Directive("publish-through-input", .boolean), Directive("loopback-shortcut", .boolean),
    Directive("firewall-backend", .string), Directive("userland-proxy", .boolean), Directive("dns", .list),
    Directive("dns-opt", "dns-opts", .list), Directive("dns-search", .list),
    Directive("host-gateway-ip", "host-gateway-ips", .list), Directive(nil, "host-gateway-ip", .string),
    Directive("default-network-opt", "default-network-opts", .maps),
    Directive("plugin-dir", "plugin-dirs", .list), Directive("plugin-timeout", .integer),
    Directive("cluster-store", .string), Directive("cluster-advertise", .string),
    // Images.
    Directive("registry-mirror", "registry-mirrors", .list),
    Directive("insecure-registry", "insecure-registries", .list), Directive("max-concurrent-downloads", .integer),
    Directive("max-concurrent-uploads", .integer), Directive("max-download-attempts", .integer),
    Directive("storage-driver", .string),
    // Containers.
    Directive("default-runtime", .string), Directive("add-runtime", "runtimes", .runtimes),
    Directive("log-driver", .string), Directive("log-opt", "log-opts", .map), Directive("label", "labels", .list),
    Directive("default-shm-size", .size), Directive("default-ulimit", "default-ulimits", .limits),
    Directive("init", .boolean), Directive("cgroup-parent", .string), Directive("exec-opt", "exec-opts", .list),
    Directive("no-new-privileges", .boolean), Directive("live-restore", .boolean),
    Directive("default-stop-timeout", .integer),
  ]

  static let byKey = Dictionary(
    uniqueKeysWithValues: all.compactMap { directive in directive.key.map { ($0, directive) } })
  static let byFlag = Dictionary(
    uniqueKeysWithValues: all.compactMap { directive in directive.flag.map { ($0, directive) } })

  /// What the values of a flag mean, in the shape that the file would have.
  func value(ofFlag values: [String]) throws(SettingsError) -> SettingsValue {
    let last = values.last ?? ""
    switch kind {
    case .string, .size: return .string(last)
    case .integer:
      guard let number = Int64(last) else { throw invalid(last, "is not a number") }
      return .integer(number)
    case .boolean:
      switch last.lowercased() {
      case "1", "t", "true": return .boolean(true)
      case "0", "f", "false": return .boolean(false)
      default: throw invalid(last, "is neither true nor false")
      }
    case .list: return .array(values.map { .string($0) })
    case .map, .runtimes, .limits: return .object(try pairs(values))
    case .maps:
      var groups: [String: [String: SettingsValue]] = [:]
      for value in values {
        let parts = value.split(separator: "=", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, !parts[0].isEmpty, !parts[1].isEmpty else {
          throw invalid(value, "must be DRIVER=NAME=VALUE")
        }
        groups[parts[0], default: [:]][parts[1]] = .string(parts[2])
      }
      return .object(groups.mapValues { .object($0) })
    case .pools:
      var pools: [SettingsValue] = []
      for value in values {
        var pool: [String: SettingsValue] = [:]
        for field in value.split(separator: ",") {
          guard let sign = field.firstIndex(of: "=") else { throw invalid(value, "must be base=CIDR,size=LENGTH") }
          let text = String(field[field.index(after: sign)...])
          let name = String(field[..<sign])
          pool[name] = name == "size" ? Int64(text).map { .integer($0) } ?? .string(text) : .string(text)
        }
        pools.append(.object(pool))
      }
      return .array(pools)
    }
  }

  private func pairs(_ values: [String]) throws(SettingsError) -> [String: SettingsValue] {
    var result: [String: SettingsValue] = [:]
    for value in values {
      guard let sign = value.firstIndex(of: "="), sign > value.startIndex else {
        throw invalid(value, "must be NAME=VALUE")
      }
      let text = String(value[value.index(after: sign)...])
      let name = String(value[..<sign])
      switch kind {
      case .runtimes: result[name] = .object(["path": .string(text)])
      case .limits:
        let parts = text.split(separator: ":", maxSplits: 1).map { Int64($0) }
        guard let soft = parts.first, let soft, let hard = parts.last, let hard else {
          throw invalid(value, "must be NAME=SOFT[:HARD]")
        }
        result[name] = .object(["Name": .string(name), "Soft": .integer(soft), "Hard": .integer(hard)])
      default: result[name] = .string(text)
      }
    }
    return result
  }

  func invalid(_ value: String, _ what: String) -> SettingsError {
    SettingsError(.invalid, "invalid value \"\(value)\" for \(name): it \(what)")
  }
}
