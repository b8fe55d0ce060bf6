import APIMachinery

/// When `metadata.generation` grows: with each change of what a user wants, which is anything but metadata and status.
enum GenerationRules {
  static func isChange(from old: JSONObject, to new: JSONObject, _ target: ServedResource) -> Bool {
    guard target.resource.isCustom || old.generation > 0 else { return false }
    func wanted(_ object: JSONObject) -> JSONObject {
      var object = object
      for name in ["metadata", "status", "apiVersion", "kind"] { object.remove(name) }
      return object
    }
    return wanted(old) != wanted(new)
  }
}
