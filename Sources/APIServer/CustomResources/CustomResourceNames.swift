import APIMachinery

/// Which of the names that a definition asks for it gets: one that another definition of its group has stays with that one, and
/// whatever was accepted before stays until what replaces it is accepted (apiextensions-apiserver, naming controller).
struct CustomResourceNames {
  /// Names that definitions of one group have.
  struct Taken {
    var resources: Set<String> = []
    var kinds: Set<String> = []

    /// Adds what a status has accepted.
    mutating func add(_ accepted: JSONObject) {
      for name in ["plural", "singular"] { if let text = accepted[name]?.stringValue { resources.insert(text) } }
      resources.formUnion(accepted.texts("shortNames"))
      for name in ["kind", "listKind"] { if let text = accepted[name]?.stringValue { kinds.insert(text) } }
    }
  }

  /// What the status is to say.
  private(set) var accepted: JSONObject
  /// Why not all names are accepted, the last reason that there is; nil where they are.
  private(set) var conflict: (reason: String, message: String)?

  init(_ definition: JSONObject, taken: Taken) {
    let wanted = definition["spec"]?["names"]?.objectValue ?? [:]
    accepted = definition["status"]?["acceptedNames"]?.objectValue ?? ["plural": "", "kind": ""]
    guard !Self.isSame(wanted, accepted) else { return }
    take("plural", "PluralConflict", wanted, taken.resources)
    take("singular", "SingularConflict", wanted, taken.resources)
    takeShortNames(wanted, taken.resources)
    take("kind", "KindConflict", wanted, taken.kinds)
    take("listKind", "ListKindConflict", wanted, taken.kinds)
    accepted["categories"] = wanted["categories"]
  }

  private mutating func take(_ field: String, _ reason: String, _ wanted: JSONObject, _ taken: Set<String>) {
    let name = wanted[field]?.stringValue ?? ""
    if name != accepted[field]?.stringValue ?? "", taken.contains(name) {
      conflict = (reason, Self.message(name))
    } else {
      accepted[field] = wanted[field]
    }
  }

  private mutating func takeShortNames(_ wanted: JSONObject, _ taken: Set<String>) {
    let own = Set(accepted.texts("shortNames"))
    let messages = wanted.texts("shortNames").filter { !own.contains($0) && taken.contains($0) }.map(Self.message)
    guard let first = messages.first else {
      accepted["shortNames"] = wanted["shortNames"]
      return
    }
    conflict = ("ShortNamesConflict", messages.count == 1 ? first : "[\(messages.joined(separator: ", "))]")
  }

  private static func message(_ name: String) -> String { "\(name.goQuoted) is already in use" }

  /// Whether names are the same; an empty list is as good as none.
  private static func isSame(_ a: JSONObject, _ b: JSONObject) -> Bool {
    ["plural", "singular", "kind", "listKind"].allSatisfy { a[$0]?.stringValue ?? "" == b[$0]?.stringValue ?? "" }
      && ["shortNames", "categories"].allSatisfy { a.texts($0) == b.texts($0) }
  }
}

extension JSONObject {
  fileprivate func texts(_ name: String) -> [String] { (self[name]?.arrayValue ?? []).compactMap(\.stringValue) }
}
