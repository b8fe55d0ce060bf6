import APIMachinery

/// Claims of devices count as such and with the devices of each class that they may get at most
/// (`resource.k8s.io` ResourceClaim).
struct DeviceClaimQuota: QuotaEvaluator {
  private static let count = "count/resourceclaims.resource.k8s.io"
  private static let classMark = ".deviceclass.resource.k8s.io/devices"
  /// What one claim can be given: who asks for all there are is counted with that.
  private static let mostDevices: Int64 = 32

  func matching(_ names: [String]) -> [String] { names.filter { $0 == Self.count || $0.hasSuffix(Self.classMark) } }

  func usage(of claim: JSONObject, now: Timestamp) -> ResourceAmounts {
    var usage: ResourceAmounts = [Self.count: Quantity(1)]
    for request in claim["spec"]?["devices"]?.items("requests") ?? [] {
      // Of several, one is chosen: each class counts with the most that it can become.
      let alternatives = request.items("firstAvailable")
      guard alternatives.isEmpty else {
        usage += alternatives.reduce(ResourceAmounts()) { $0.maximum(Self.devices($1)) }
        continue
      }
      if let exactly = request["exactly"] { usage += Self.devices(exactly) }
    }
    return usage
  }

  /// A way of giving out devices that is not known counts nothing.
  private static func devices(_ request: JSONValue) -> ResourceAmounts {
    let devices: Int64 =
      switch request.text("allocationMode") {
      case "ExactCount": request["count"]?.integerValue ?? 0
      case "All": mostDevices
      default: 0
      }
    return [request.text("deviceClassName") + classMark: Quantity(devices)]
  }

  func countsUpdate(_ subresource: String, new: JSONObject, old: JSONObject) -> Bool { subresource.isEmpty }

  func replenishes(new: StoredObject, old: StoredObject) -> Bool { new.value(at: "spec") != old.value(at: "spec") }
}
