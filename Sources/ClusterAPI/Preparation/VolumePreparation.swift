import APIMachinery

/// A volume begins as pending; since when it is in its phase is noted whenever that changes.
enum VolumePreparation: KindPreparation {
  static func create(_ volume: inout JSONValue) {
    volume.editObject {
      $0["status"] = ["phase": "Pending", "lastPhaseTransitionTime": .string(Timestamp.now.description)]
    }
  }

  static func update(_ volume: inout JSONValue, old: JSONValue, subresource: String) {
    guard subresource == "status" else { return }
    let (now, before) = (volume["status"] ?? [:], old["status"] ?? [:])
    let name = "lastPhaseTransitionTime"
    // Who gives a time of their own is believed.
    guard now.text("phase") != before.text("phase"), !now.has(name) || now[name] == before[name] else { return }
    volume.setDefault("status", [:])
    volume.edit("status") { $0.editObject { $0[name] = .string(Timestamp.now.description) } }
  }
}
