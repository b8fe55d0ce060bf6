import APIMachinery

/// Labels and annotations wherever they stand: of an object, of a template, in a selector.
enum MetadataValidation {
  typealias NameRule = @Sendable (String) -> [String]

  static func labels(_ labels: JSONValue?, _ path: FieldPath, _ findings: inout Findings) {
    guard let labels else { return }
    for error in MetadataRules.labels(LabelSet(json: labels), at: path) { findings.add(error) }
  }

  static func annotations(_ annotations: JSONValue?, _ path: FieldPath, _ findings: inout Findings) {
    guard let annotations else { return }
    for error in MetadataRules.annotations(LabelSet(json: annotations), at: path) { findings.add(error) }
  }

  /// The members of a map in the order of their names: messages then come in the same order each time.
  static func sorted(_ map: JSONValue?) -> [(String, JSONValue)] {
    guard let map = map?.objectValue else { return [] }
    return map.sorted { $0.0 < $1.0 }
  }
}
