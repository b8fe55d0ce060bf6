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

  /// Fields of metadata that a template of another object cannot give, in the order of Go's type, by the names that
  /// messages make of Go's.
  private static let unsettable = [
    ("name", "name"), ("generateName", "generateName"), ("namespace", "namespace"), ("selfLink", "selfLink"),
    ("uid", "uID"), ("resourceVersion", "resourceVersion"), ("generation", "generation"),
    ("creationTimestamp", "creationTimestamp"), ("deletionTimestamp", "deletionTimestamp"),
    ("deletionGracePeriodSeconds", "deletionGracePeriodSeconds"), ("ownerReferences", "ownerReferences"),
    ("finalizers", "finalizers"), ("managedFields", "managedFields"),
  ]

  /// What a template says of the object that is made of it: labels and annotations, and nothing else.
  static func template(_ metadata: JSONValue?, _ path: FieldPath, _ findings: inout Findings) {
    annotations(metadata?["annotations"], path.child("annotations"), &findings)
    labels(metadata?["labels"], path.child("labels"), &findings)
    for (name, told) in unsettable {
      // The seconds are held by reference: zero ones are there.
      guard let value = metadata?[name], !value.isNull, value != "",
        value != 0 || name == "deletionGracePeriodSeconds"
      else { continue }
      findings.forbidden(path.child(told), "cannot be set")
    }
  }

  /// The members of a map in the order of their names: messages then come in the same order each time.
  static func sorted(_ map: JSONValue?) -> [(String, JSONValue)] {
    guard let map = map?.objectValue else { return [] }
    return map.sorted { $0.0 < $1.0 }
  }
}
