import APIMachinery

/// Definitions that no text describes because they are single values: times, quantities, numbers that may be names.
enum CommonDefinitions {
  static let time = "io.k8s.apimachinery.pkg.apis.meta.v1.Time"
  static let microTime = "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime"
  static let fieldSet = "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1"
  static let quantity = "io.k8s.apimachinery.pkg.api.resource.Quantity"
  static let intOrString = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
  static let raw = "io.k8s.apimachinery.pkg.runtime.RawExtension"
  static let objectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
  static let listMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta"

  static var schemas: [String: Schema] {
    [
      time: Schema(.string, description: "A point in time to the second, as RFC 3339 writes it.", format: "date-time"),
      microTime: Schema(
        .string, description: "A point in time to the microsecond, as RFC 3339 writes it.", format: "date-time"),
      fieldSet: Schema(
        .object,
        description:
          "A set of fields as a tree: `f:` and a field's name, `k:` and the key of an item, `v:` and a value.",
        preservesUnknownFields: true),
      quantity: Schema(
        .quantity,
        description:
          "An amount: a decimal number with a suffix such as m, k, M, G, or with Ki, Mi, Gi for powers of 1024."),
      intOrString: Schema(.intOrString, description: "A whole number or a string."),
      raw: Schema(.object, description: "An object of whatever kind.", preservesUnknownFields: true),
    ]
  }

  /// The definition of a list of a kind's objects.
  static func list(of kind: String, definition: String) -> Schema {
    Schema(
      .object,
      properties: Schema.typeMembers + [
        SchemaProperty(
          "metadata",
          Schema(
            reference: SchemaReference(listMeta), description: "About the list as a whole.", hasZeroValue: true)),
        SchemaProperty(
          "items",
          Schema(
            .array, items: Schema(reference: SchemaReference(definition)), description: "The objects."),
          required: true),
      ],
      description: "A list of objects of the kind \(kind).")
  }
}
