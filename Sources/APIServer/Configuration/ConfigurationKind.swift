import APIMachinery

/// A kind of object that a flag names a file of: the file is YAML or JSON, and read strictly, since what is overlooked in
/// it would be a hole.
struct ConfigurationKind: Sendable {
  let group: String
  /// Versions that are read; they do not differ in what is read here.
  let versions: [String]
  let kind: String
  /// A place of another group that means the same.
  private let alias: GroupVersion?
  /// What stands beside `apiVersion` and `kind`.
  private let schema: Schema

  init(
    _ group: String, _ versions: [String], _ kind: String, _ properties: [SchemaProperty], alias: GroupVersion? = nil
  ) {
    self.alias = alias
    self.group = group
    self.versions = versions
    self.kind = kind
    schema = Schema(
      .object,
      properties: [
        SchemaProperty("apiVersion", Schema(.string)), SchemaProperty("kind", Schema(.string)),
      ] + properties)
  }

  /// - Throws: 400 where the text is no object of the kind, has a field that there is not, or one of another type.
  func read(_ text: [UInt8]) throws(StatusError) -> JSONValue {
    let value: JSONValue
    do { value = try YAMLReader.value(of: text, strict: true) } catch { throw .badRequest("\(error)") }
    return try read(value)
  }

  /// - Throws: as for a text.
  func read(_ value: JSONValue) throws(StatusError) -> JSONValue {
    guard value.objectValue != nil else { throw .badRequest("it must be an object of kind \(kind)") }
    let version = value["apiVersion"]?.stringValue ?? ""
    let name = value["kind"]?.stringValue ?? ""
    guard let place = GroupVersion(apiVersion: version), name == kind,
      place == alias || place.group == group && versions.contains(place.version)
    else {
      throw .badRequest(
        "no kind \(name.goQuoted) is registered for version \(version.goQuoted): it must be \(kind) of \(group)/\(versions[0])"
      )
    }
    do { try TypeChecker.check(value, by: schema, definitionName: kind) } catch { throw .badRequest(error.message) }
    var known = value
    Defaulter.removeNulls(from: &known, by: schema)
    let unknown = Pruner().prune(&known, by: schema)
    guard unknown.isEmpty else {
      throw .badRequest(
        "strict decoding error: " + unknown.map { "unknown field \($0.goQuoted)" }.joined(separator: ", "))
    }
    return known
  }

  // MARK: Shapes

  static func object(_ properties: [(String, Schema)]) -> Schema {
    Schema(.object, properties: properties.map { SchemaProperty($0.0, $0.1) })
  }

  static func list(_ items: Schema) -> Schema { Schema(.array, items: items) }

  static let text = Schema(.string)
  static let texts = Schema(.array, items: Schema(.string))
}
