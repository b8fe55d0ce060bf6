import APIMachinery

/// Claims of volumes count as such and with the storage that they ask for, in all and by their storage class.
struct ClaimQuota: QuotaEvaluator {
  private static let count = "count/persistentvolumeclaims"
  private static let names = ["persistentvolumeclaims", "requests.storage"]
  private static let classMark = ".storageclass.storage.k8s.io/"

  func matching(_ names: [String]) -> [String] {
    names.filter { name in
      name == Self.count || Self.names.contains(name)
        || Self.names.contains { name.hasSuffix(Self.classMark + $0) }
    }
  }

  func usage(of claim: JSONObject, now: Timestamp) -> ResourceAmounts {
    var usage: ResourceAmounts = [Self.count: Quantity(1), "persistentvolumeclaims": Quantity(1)]
    let storage = Self.storage(of: claim)
    usage["requests.storage"] = storage
    let name = Self.storageClass(of: claim)
    if !name.isEmpty {
      usage[name + Self.classMark + "persistentvolumeclaims"] = Quantity(1)
      usage[name + Self.classMark + "requests.storage"] = storage
    }
    return usage
  }

  private static func storageClass(of claim: JSONObject) -> String {
    let annotations = claim["metadata"]?["annotations"]
    return annotations?["volume.beta.kubernetes.io/storage-class"]?.stringValue
      ?? claim["spec"]?.text("storageClassName") ?? ""
  }

  /// What is asked for, or what was given where that is more: a claim that shrinks holds it until it is given back.
  private static func storage(of claim: JSONObject) -> Quantity? {
    func whole(_ value: JSONValue?) -> Quantity? {
      guard let text = value?.stringValue, let amount = Quantity(reading: text) else { return nil }
      return amount.isWhole ? amount : Quantity(amount.value, amount.format)
    }
    guard let asked = whole(claim["spec"]?["resources"]?["requests"]?["storage"]) else { return nil }
    guard let given = whole(claim["status"]?["allocatedResources"]?["storage"]) else { return asked }
    return max(asked, given)
  }

  func isIn(_ scope: QuotaScope, _ claim: JSONObject) -> Bool {
    guard scope.name == "VolumeAttributesClass" else { return false }
    let classes = Self.attributesClasses(of: claim)
    return classes.isEmpty ? scope.matches(nil) : classes.contains { scope.matches($0) }
  }

  private static func attributesClasses(of claim: JSONObject) -> Set<String> {
    let status = claim["status"] ?? [:]
    let names = [
      claim["spec"]?.text("volumeAttributesClassName") ?? "", status.text("currentVolumeAttributesClassName"),
      status.text("modifyVolumeStatus", "targetVolumeAttributesClassName"),
    ]
    return Set(names.filter { !$0.isEmpty })
  }

  func countsUpdate(_ subresource: String, new: JSONObject, old: JSONObject) -> Bool {
    subresource.isEmpty || subresource == "status" && Self.isOther(new, old)
  }

  func replenishes(new: StoredObject, old: StoredObject) -> Bool { Self.isOther(new.tree(), old.tree()) }

  private static func isOther(_ new: JSONObject, _ old: JSONObject) -> Bool {
    storage(of: new) != storage(of: old) || attributesClasses(of: new) != attributesClasses(of: old)
  }
}
