import APIMachinery

/// The number of a daemon set's templates so far, which older versions of the API had in the specification, stands in an
/// annotation (`pkg/apis/apps/v1/conversion.go`).
enum DaemonSetPreparation: KindPreparation {
  /// `DeprecatedTemplateGeneration` of `k8s.io/api/apps/v1`.
  static let annotation = "deprecated.daemonset.template.generation"

  /// The number is there before anybody has counted: as that which a client has given, or else 0.
  static func setDefault(_ set: inout JSONValue) {
    if set["metadata"]?["annotations"]?[annotation]?.stringValue == nil { setNumber(0, of: &set) }
  }

  static func create(_ object: inout JSONValue) { setNumber(max(number(of: object), 1), of: &object) }

  static func update(_ object: inout JSONValue, old: JSONValue, subresource: String) {
    let isNew = object["spec"]?["template"] != old["spec"]?["template"]
    // A client may have given the largest number: it goes round, as upstream's does.
    setNumber(number(of: old) &+ (isNew ? 1 : 0), of: &object)
  }

  private static func number(of set: JSONValue) -> Int64 {
    set["metadata"]?["annotations"]?[annotation]?.stringValue.flatMap { Int64($0) } ?? 0
  }

  private static func setNumber(_ number: Int64, of set: inout JSONValue) {
    set.setDefault("metadata", [:])
    set.edit("metadata") { metadata in
      metadata.setDefault("annotations", [:])
      metadata.edit("annotations") { $0.editObject { $0[annotation] = .string(String(number)) } }
    }
  }
}
