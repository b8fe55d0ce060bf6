import APIMachinery

/// A definition has stored nothing but what its storage version says, and no name of it is accepted yet.
enum DefinitionPreparation: KindPreparation {
  static func create(_ definition: inout JSONValue) {
    let stored = definition["spec"]?.items("versions").first { $0["storage"] == true }?["name"]
    definition.editObject { members in
      members["status"] = [
        "storedVersions": .array(stored.map { [$0] } ?? []), "conditions": [],
        "acceptedNames": ["plural": "", "kind": ""],
      ]
    }
  }
}
