import APIMachinery

/// A namespace is held by what cleans it up, until its part `finalize` says otherwise.
enum NamespacePreparation: KindPreparation {
  static func create(_ namespace: inout JSONValue) {
    namespace.editObject { $0["status"] = ["phase": "Active"] }
    namespace.edit("spec") { spec in
      let names = spec.items("finalizers")
      if !names.contains("kubernetes") { spec.editObject { $0["finalizers"] = .array(names + ["kubernetes"]) } }
    }
  }

  static func update(_ namespace: inout JSONValue, old: JSONValue, subresource: String) {
    if subresource.isEmpty { namespace.editObject { $0["spec"] = old["spec"] } }
  }
}
