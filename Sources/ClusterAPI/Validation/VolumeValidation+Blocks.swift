import APIMachinery

/// Volumes that are blocks of a storage network.
extension VolumeValidation {
  static func iscsi(_ source: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let name = source.text("iqn")
    if !name.isEmpty, !["iqn.", "eui.", "naa."].contains(where: name.hasPrefix) {
      findings.invalid(path.child("iqn"), .string(name), "must be valid format starting with iqn, eui, or naa")
    }
    unit(source, path, &findings)
    let asks = source["chapAuthDiscovery"] == true || source["chapAuthSession"] == true
    if asks, !source.has("secretRef") { findings.required(path.child("secretRef")) }
  }

  static func fibreChannel(_ source: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let words = "must specify either targetWWNs or wwids, but not both"
    let (targets, identifiers) = (source.items("targetWWNs"), source.items("wwids"))
    if targets.isEmpty, identifiers.isEmpty { findings.required(path.child("targetWWNs"), words) }
    if !targets.isEmpty, !identifiers.isEmpty {
      findings.invalid(path.child("targetWWNs"), source["targetWWNs"], words)
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
