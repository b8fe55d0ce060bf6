/// Fields that kube-apiserver's messages spell otherwise than the API does.
enum FieldSpelling {
  private static let misspelled = ["cephfs": "cephFS", "downwardAPI": "downwarAPI", "initiatorName": "initiatorname"]
  private static let spelled = Dictionary(uniqueKeysWithValues: misspelled.map { ($1, $0) })

  /// A source of a volume by the name that messages about its members have for it.
  static func within(_ source: String) -> String { source == "gcePersistentDisk" ? "persistentDisk" : source }

  /// A source of a volume by the name that messages call it.
  static func told(_ source: String) -> String { misspelled[source] ?? source }

  /// A field by the name that it has in the API.
  static func own(_ field: String) -> String {
    guard let dot = field.lastIndex(of: ".") else { return field }
    let name = field[field.index(after: dot)...]
    return spelled[String(name)].map { field[...dot] + $0 } ?? field
  }
}
