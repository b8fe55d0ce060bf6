import APIMachinery
import ClusterAPI

/// Claims to devices and their templates: who asks for administration must be in a namespace that allows it.
struct DeviceClaimStrategy: KindStrategy {
  let administration: DeviceAdministration
  /// They are templates: the claim's spec is a part of their own.
  let isTemplate: Bool

  func violations(
    _ new: JSONObject, old: JSONObject?, subresource: String, _ kinds: BuiltinKinds
  ) -> [FieldError] {
    if subresource == "status", !isTemplate {
      return administration.violations(
        ofStatus: new["status"] ?? [:], before: old?["status"] ?? [:], in: new.metadataText("namespace"))
    }
    // What is asked for cannot change.
    guard old == nil else { return [] }
    return administration.violations(
      ofSpec: isTemplate ? new["spec"]?["spec"] : new["spec"], in: new.metadataText("namespace"))
  }
}
