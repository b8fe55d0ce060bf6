import APIMachinery

/// A definition has stored nothing but what its storage version says, and no name of it is accepted yet.
enum DefinitionPreparation: KindPreparation {
  /// What is to be stored from now on counts as stored at once: objects may be written before anybody has looked.
  static func update(_ definition: inout JSONValue, old: JSONValue, subresource: String) {
    guard subresource.isEmpty,
      let name = (definition["spec"]?.items("versions").first { $0["storage"] == true })?["name"]
    else { return }
    definition.setDefault("status", [:])
    definition.edit("status") { status in
      let stored = status.items("storedVersions")
      if !stored.contains(name) { status.editObject { $0["storedVersions"] = .array(stored + [name]) } }
    }
  }

  static func create(_ definition: inout JSONValue) {
    let stored = definition["spec"]?.items("versions").first { $0["storage"] == true }?["name"]
    definition.editObject { members in
      members["status"] = [
        "storedVersions": .array(stored.map { [$0] } ?? []),
        "acceptedNames": ["plural": "", "kind": ""],
      ]
    }
  }
}
