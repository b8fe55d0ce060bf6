import APIMachinery

/// Volumes that are blocks of a storage network.
extension VolumeValidation {
  static func iscsi(_ source: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let name = source.text("iqn")
    if !name.isEmpty { qualified(name, path.child("iqn"), &findings) }
    unit(source, path, &findings)
    let asks = source["chapAuthDiscovery"] == true || source["chapAuthSession"] == true
    if asks, !source.has("secretRef") { findings.required(path.child("secretRef")) }
    // The place is upstream's.
    if let name = source["initiatorName"]?.stringValue { qualified(name, path.child("initiatorname"), &findings) }
  }

  /// The same of a volume of the cluster.
  /// - Parameter volume: its name.
  private static func target(
    persistent source: JSONValue, volume: String, _ path: FieldPath, _ findings: inout Findings
  ) {
    let portal = source.text("targetPortal")
    let initiator = source["initiatorName"]?.stringValue
    // The places are upstream's.
    if initiator != nil, "\(volume):\(portal)".utf8.count > 64 {
      findings.invalid(
        path.child("targetportal"), .string(portal),
        "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified."
      )
    }
    let name = source.text("iqn")
    if !name.isEmpty { qualified(name, path.child("iqn"), namesForms: false, &findings) }
    unit(source, path, &findings)
    if let secret = source["secretRef"] {
      if secret.text("name").isEmpty { findings.required(path.child("secretRef", "name")) }
    } else if source["chapAuthDiscovery"] == true || source["chapAuthSession"] == true {
      findings.required(path.child("secretRef"))
    }
    if let initiator { qualified(initiator, path.child("initiatorname"), namesForms: false, &findings) }
  }

  /// What a volume of the cluster is made of, where that is judged by other rules than a volume of a pod.
  /// - Parameter volume: its name.
  static func source(
    _ kind: String, persistent source: JSONValue, volume: String = "", _ path: FieldPath, _ findings: inout Findings
  ) {
    switch kind {
    case "iscsi": target(persistent: source, volume: volume, path, &findings)
    case "csi":
      driver(source, path, &findings)
      for name in [
        "controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef",
      ] {
        if let secret = source[name] { self.secret(secret, path.child(name), &findings) }
      }
    case "storageos":
      self.source(kind, source, path, &findings)
      if let secret = source["secretRef"], secret.text("namespace").isEmpty {
        findings.required(path.child("secretRef", "namespace"))
      }
    default: self.source(kind, source, path, &findings)
    }
  }

  /// The name of the CSI driver that a volume of either sort is for.
  static func driver(_ source: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let driver = source.text("driver")
    if driver.isEmpty {
      findings.required(path.child("driver"))
    } else {
      StorageValidation.driverName(driver, path.child("driver"), &findings)
    }
  }

  private static func secret(_ secret: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    for (name, rule) in [("name", NameRules.dns1123Subdomain), ("namespace", NameRules.dns1123Label)] {
      let text = secret.text(name)
      if text.isEmpty {
        findings.required(path.child(name))
      } else {
        findings.invalid(path.child(name), .string(text), rule(text))
      }
    }
  }

  /// The name of a target or an initiator (RFC 3720, 3.2.6.3).
  /// - Parameter namesForms: whether the message says how it may begin.
  private static func qualified(
    _ name: String, _ path: FieldPath, namesForms: Bool = true, _ findings: inout Findings
  ) {
    guard let form = ["iqn", "eui", "naa"].first(where: name.hasPrefix) else {
      let words = "must be valid format"
      return findings.invalid(path, .string(name), namesForms ? "\(words) starting with iqn, eui, or naa" : words)
    }
    let rest = name.dropFirst(4)
    let isSound =
      switch form {
      case "iqn": name.hasPrefix("iqn.") && isDatedDomain(rest)
      case "eui": rest.count == 16 && rest.utf8.allSatisfy(isAlphanumeric)
      default: rest.count == 32 && rest.utf8.allSatisfy(isAlphanumeric)
      }
    if !isSound { findings.invalid(path, .string(name), "must be valid format") }
  }

  /// A year and a month, the domain that somebody had then, a colon and a name.
  private static func isDatedDomain(_ text: Substring) -> Bool {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty, parts[0].utf8.count > 8 else { return false }
    let date = Array(parts[0].utf8.prefix(8))
    return date.enumerated().allSatisfy { index, byte in
      switch index {
      case 4: byte == UInt8(ascii: "-")
      case 7: byte == UInt8(ascii: ".")
      default: (0x30...0x39).contains(byte)
      }
    }
      && parts[0].utf8.dropFirst(8).allSatisfy {
        isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
      }
      && !parts[1].contains { ",;*&$|".contains($0) || $0.isWhitespace }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
  }

  static func fibreChannel(_ source: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let words = "must specify either targetWWNs or wwids, but not both"
    let (targets, identifiers) = (source.items("targetWWNs"), source.items("wwids"))
    if targets.isEmpty, identifiers.isEmpty { findings.required(path.child("targetWWNs"), words) }
    if !targets.isEmpty, !identifiers.isEmpty {
      findings.invalid(
        path.child("targetWWNs"), source["targetWWNs"], "targetWWNs and wwids can not be specified simultaneously")
    }
    guard !targets.isEmpty else { return }
    if source.has("lun") {
      unit(source, path, &findings)
    } else {
      findings.required(path.child("lun"), "lun is required if targetWWNs is specified")
    }
  }

  private static func unit(_ source: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    guard let number = source["lun"]?.integerValue, !(0...255).contains(number) else { return }
    findings.invalid(path.child("lun"), .integer(number), NameRules.between(0, 255))
  }
}
