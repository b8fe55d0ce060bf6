import APIMachinery

/// Warnings about definitions of custom kinds: a format that is not known is not checked.
enum DefinitionWarnings {
  static func definition(_ new: JSONValue, _ old: JSONValue?, _ warnings: inout Warnings) {
    let known = Set(old.map(formats) ?? [])
    for format in formats(new) where !known.contains(format) { warnings.add("unrecognized format \(format.goQuoted)") }
  }

  private static func formats(_ definition: JSONValue) -> [String] {
    var found: [String] = []
    for version in definition["spec"]?.items("versions") ?? [] {
      if let schema = version["schema"]?["openAPIV3Schema"] { visit(schema, &found) }
    }
    return found
  }

  /// Formats of strings; hyphens in their names say nothing.
  private static let ofStrings: Set<String> = [
    "bsonobjectid", "uri", "email", "hostname", "ipv4", "ipv6", "cidr", "mac", "uuid", "uuid3", "uuid4", "uuid5",
    "isbn",
    "isbn10", "isbn13", "creditcard", "ssn", "hexcolor", "rgbcolor", "byte", "password", "date", "duration", "datetime",
    "k8sshortname", "k8slongname",
  ]

  private static func visit(_ schema: JSONValue, _ found: inout [String]) {
    let format = schema.text("format")
    if !format.isEmpty {
      let isKnown =
        switch schema.text("type") {
        case "", "string": ofStrings.contains(format.filter { $0 != "-" })
        case "integer": format == "int32" || format == "int64"
        case "number": format == "float" || format == "double"
        default: false
        }
      if !isKnown, !found.contains(format) { found.append(format) }
    }
    for name in ["items", "additionalProperties", "additionalItems", "not"] {
      guard let child = schema[name] else { continue }
      for one in child.arrayValue ?? [child] where one.objectValue != nil { visit(one, &found) }
    }
    for name in ["allOf", "anyOf", "oneOf"] { for child in schema.items(name) { visit(child, &found) } }
    for name in ["properties", "patternProperties", "definitions"] {
      for (_, child) in schema[name]?.objectValue ?? [:] { visit(child, &found) }
    }
  }
}
