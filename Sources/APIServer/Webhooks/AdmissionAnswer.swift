import APIMachinery

/// The types of what webhooks answer (`admission.k8s.io/v1` AdmissionReview). An answer of other types is none: whoever
/// writes `"allowed": "true"` has not refused anything.
enum AdmissionAnswer {
  private static let package = "io.k8s.api.admission.v1"

  private static func object(_ members: [(String, Schema)]) -> Schema {
    Schema(.object, properties: members.map { SchemaProperty($0.0, $0.1) })
  }

  private static let text = Schema(.string)

  private static let definitions: [String: Schema] = [
    "\(package).AdmissionReview": object([
      ("kind", text), ("apiVersion", text),
      ("response", Schema(reference: SchemaReference("\(package).AdmissionResponse"))),
    ]),
    "\(package).AdmissionResponse": object([
      ("uid", text), ("allowed", Schema(.boolean)), ("status", Schema(reference: SchemaReference("\(meta).Status"))),
      ("patch", Schema(.string, format: "byte")), ("patchType", text),
      ("auditAnnotations", Schema(.object, additionalProperties: .schema(text))),
      ("warnings", Schema(.array, items: text)),
    ]),
    "\(meta).Status": object([
      ("status", text), ("message", text), ("reason", text), ("code", Schema(.integer, format: "int32")),
    ]),
  ]

  private static let meta = "io.k8s.apimachinery.pkg.apis.meta.v1"
  private static let registry = Result { () throws(SchemaError) in try SchemaRegistry(definitions) }

  /// - Throws: ``TypeMismatch`` in the words of Go's decoder.
  static func check(_ value: JSONValue) throws(TypeMismatch) {
    let name = "\(package).AdmissionReview"
    guard case .success(let registry) = registry, let schema = registry[name] else { return }
    try TypeChecker.check(value, by: schema, definitionName: name)
  }
}
