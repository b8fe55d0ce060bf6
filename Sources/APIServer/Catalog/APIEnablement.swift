import APIMachinery
import ClusterAPI

/// Which versions of built-in groups are served, and which resources of them: all that there are, less what a set of rules
/// takes away (kube-apiserver's `--runtime-config`).
public struct APIEnablement: Sendable {
  /// Why rules cannot be followed.
  public struct Problem: Error, Sendable, CustomStringConvertible {
    public let description: String
  }

  /// What a rule is about that names no version: the order is that in which they are followed.
  private static let patterns: [(name: String, covers: @Sendable (String) -> Bool)] = [
    ("api/all", { _ in true }), ("api/ga", { stability(of: $0) == .stable }),
    ("api/beta", { stability(of: $0) == .beta }),
    ("api/alpha", { stability(of: $0) == .alpha }),
  ]

  private enum Stability { case stable, beta, alpha }

  private var disabledVersions: Set<GroupVersion> = []
  /// By version and the resource's name; they come before what is said of the version.
  private var resources: [GroupVersion: [String: Bool]] = [:]

  /// Everything.
  public static let all = APIEnablement()

  private init() {}

  /// - Parameter rules: each `KEY=true` or `KEY=false`, where the key is `api/all`, `api/ga`, `api/beta`, `api/alpha`,
  ///   `GROUP/VERSION` or `GROUP/VERSION/RESOURCE`; the group without a name is `/v1`. The last one of a key counts.
  public init(_ rules: [String], _ kinds: BuiltinKinds) throws(Problem) {
    var values: [String: String] = [:]
    for rule in rules {
      let parts = rule.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(Self.trimmed)
      values[parts[0]] = parts.count > 1 ? parts[1] : ""
    }
    guard values != ["api/all": "false"] else {
      throw Problem(description: "invalid runtime-config with only api/all=false")
    }
    try followPatterns(values, kinds)
    let named = values.filter { key, _ in !Self.patterns.contains { $0.name == key } }.sorted { $0.key < $1.key }
    var places: [(version: GroupVersion, resource: String?, isEnabled: Bool)] = []
    for (key, value) in named { places.append(try Self.place(key, value, kinds)) }
    for place in places where place.resource == nil { set(place.version, isEnabled: place.isEnabled) }
    for place in places {
      if let name = place.resource { resources[place.version, default: [:]][name] = place.isEnabled }
    }
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }

  private mutating func set(_ version: GroupVersion, isEnabled: Bool) {
    if isEnabled { disabledVersions.remove(version) } else { disabledVersions.insert(version) }
  }

  private mutating func followPatterns(_ values: [String: String], _ kinds: BuiltinKinds) throws(Problem) {
    for pattern in Self.patterns {
      guard let value = values[pattern.name] else { continue }
      guard let isEnabled = ["true": true, "false": false][value] else {
        throw Problem(description: "invalid value \(pattern.name)=\(value)")
      }
      let covered = kinds.groupVersions.filter { pattern.covers($0.version) }
      guard !isEnabled || !covered.isEmpty else { throw Self.unserved(pattern.name) }
      for version in covered { set(version, isEnabled: isEnabled) }
    }
  }

  private static func unserved(_ key: String) -> Problem {
    Problem(description: "\(key)=true: this server has stable versions only")
  }

  /// What a key names.
  private static func place(
    _ key: String, _ value: String, _ kinds: BuiltinKinds
  ) throws(Problem) -> (version: GroupVersion, resource: String?, isEnabled: Bool) {
    let tokens = key.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard tokens.count == 2 || tokens.count == 3, !tokens[1].isEmpty else {
      throw Problem(description: "runtime-config invalid key \(key)")
    }
    let version = GroupVersion(group: tokens[0], version: tokens[1])
    let isKnown = kinds.groupVersions.contains(version)
    guard isKnown || isUnstable(version.version) || kinds.groupVersions.contains(where: { $0.group == version.group })
    else {
      throw Problem(description: "unknown api groups \(version.apiVersion)")
    }
    guard isKnown || isUnstable(version.version) else {
      throw Problem(description: "group version \(version.apiVersion) that has not been registered")
    }
    guard let isEnabled = value.isEmpty ? true : FeatureGates.truth(value) else {
      throw Problem(
        description:
          "invalid value of \(key): \(value), err: strconv.ParseBool: parsing \(value.goQuoted): invalid syntax")
    }
    let resource = tokens.count == 3 ? tokens[2] : nil
    if let resource, resource.lowercased() != resource {
      throw Problem(
        description:
          "invalid key \(key): group/version/resource and resource is always lowercase plural, not \(resource.goQuoted)"
      )
    }
    guard isKnown || !isEnabled else { throw unserved(key) }
    return (version, resource, isEnabled)
  }

  /// A version of the field's way to come, of which there is none here.
  private static func isUnstable(_ version: String) -> Bool {
    stability(of: version).map { $0 != .stable } ?? false
  }

  /// Nil for what is no version.
  private static func stability(of version: String) -> Stability? {
    guard version.hasPrefix("v") else { return nil }
    let rest = version.dropFirst()
    let major = rest.prefix { $0.isASCII && $0.isNumber }
    guard !major.isEmpty else { return nil }
    let stage = rest.dropFirst(major.count)
    if stage.isEmpty { return .stable }
    for (word, stability) in [("beta", Stability.beta), ("alpha", .alpha)] where stage.hasPrefix(word) {
      let minor = stage.dropFirst(word.count)
      return !minor.isEmpty && minor.allSatisfy { $0.isASCII && $0.isNumber } ? stability : nil
    }
    return nil
  }

  // MARK: What is served

  private func serves(_ resource: String, _ version: GroupVersion) -> Bool {
    resources[version]?[resource] ?? !disabledVersions.contains(version)
  }

  /// The resources of which anything is served.
  func served(of all: [ResourceDescription]) -> [ResourceDescription] {
    guard !disabledVersions.isEmpty || !resources.isEmpty else { return all }
    return all.compactMap { resource in
      var resource = resource
      for index in resource.versions.indices {
        let version = GroupVersion(group: resource.group, version: resource.versions[index].name)
        if !serves(resource.plural, version) { resource.versions[index].isServed = false }
      }
      return resource.versions.contains(where: \.isServed) ? resource : nil
    }
  }
}
