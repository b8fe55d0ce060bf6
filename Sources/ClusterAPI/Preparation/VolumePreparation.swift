import APIMachinery

/// A volume, and a claim of one, begins as pending.
enum VolumePreparation: KindPreparation {
  static func create(_ volume: inout JSONValue) { volume.editObject { $0["status"] = ["phase": "Pending"] } }
}
