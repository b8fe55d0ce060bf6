import APIMachinery

/// What becomes of a claim to devices (pkg/registry/resource/resourceclaim): what drivers have told of a device goes with the
/// device when the claim no longer has it.
enum DeviceClaimPreparation: KindPreparation {
  static let keptByStatus = Preparation.clientMetadata

  static func update(_ claim: inout JSONValue, old: JSONValue, subresource: String) {
    guard subresource == "status" else { return }
    let gone = devices(of: old).subtracting(devices(of: claim))
    guard !gone.isEmpty, claim["status"]?.has("devices") == true else { return }
    claim.edit("status") { status in
      let kept = status.items("devices").filter { !gone.contains(identity($0)) }
      status.editObject { $0["devices"] = kept.isEmpty ? nil : .array(kept) }
    }
  }

  private static func devices(of claim: JSONValue) -> Set<[String]> {
    Set((claim["status"]?["allocation"]?["devices"]?.items("results") ?? []).map { identity($0) })
  }

  private static func identity(_ device: JSONValue) -> [String] {
    ["driver", "pool", "device"].map { device.text($0) }
  }
}
