import APIMachinery
import ClusterAPI
import HTTPService

/// From the bytes of a request's body to an object of the kind that the path means.
struct BodyReader {
  let registry: Registry
  let context: RequestContext

  static let protobuf = ProtobufEncoder.mediaType
  /// The name of the schema of an object's metadata.
  static let objectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
  static let accepted = ["application/json", "application/yaml", protobuf]

  static func yaml(_ bytes: [UInt8]) throws(StatusError) -> JSONValue {
    do { return try YAMLReader.value(of: bytes) } catch { throw noYAML(error) }
  }

  private static func noYAML(_ error: some Error) -> StatusError {
    .badRequest("error decoding YAML: error converting YAML to JSON: \(error)")
  }

  /// YAML with what is said of keys that stand twice in a mapping, of which the later one counts.
  private static func yamlOnceOrTwice(_ bytes: [UInt8]) throws(StatusError) -> (value: JSONValue, problems: [String]) {
    do { return (try YAMLReader.value(of: bytes, strict: true), []) } catch {
      guard error.code == .duplicate else { throw noYAML(error) }
      return (try yaml(bytes), ["\(error)"])
    }
  }

  /// An object in the form that upstream's Go clients send.
  private func protobuf(_ bytes: [UInt8], _ kind: String?) throws(StatusError) -> JSONValue {
    guard bytes.starts(with: ProtobufDecoder.magic) else {
      throw unrecognized(
        bytes, kind, "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    }
    return .object(try ProtobufKinds(kinds: registry.kinds).object(bytes))
  }

  private var contentType: String {
    // What nearly every client says needs no reading.
    guard let said = context.headers["Content-Type"], said != "application/json" else { return "application/json" }
    return MediaRange(said[...]).type
  }

  /// The text as a tree, with what is said of members that stand there twice.
  /// - Parameter kind: what the text should hold.
  func parse(_ bytes: [UInt8], kind: String? = nil) throws(StatusError) -> (value: JSONValue, problems: [String]) {
    switch contentType {
    case "application/json", "":
      do {
        let (value, duplicates) = try JSONReader.strictValue(of: bytes)
        return (value, duplicates.map { "duplicate field \($0.goQuoted)" })
      } catch { throw unrecognized(bytes, kind, "couldn't get version/kind; json parse error: \(error.message)") }
    case Self.protobuf: return (try protobuf(bytes, kind), [])
    case "application/yaml":
      do { return (try YAMLReader.value(of: bytes, strict: true), []) } catch {
        if error.code == .duplicate { return (try Self.yaml(bytes), ["\(error)"]) }
        throw unrecognized(bytes, kind, "error converting YAML to JSON: \(error)")
      }
    default: throw .unsupportedMediaType(accepted: Self.accepted)
    }
  }

  /// The error for what is no object, with the beginning of it.
  private func unrecognized(_ bytes: [UInt8], _ kind: String?, _ why: String) -> StatusError {
    let most = 30
    let shown: String
    if bytes.isEmpty {
      shown = "<empty>"
    } else if bytes[0] == UInt8(ascii: "{") {
      shown = String(decoding: bytes.prefix(most), as: UTF8.self) + (bytes.count > most ? " ..." : "")
    } else {
      shown = Self.hexadecimal(bytes.prefix(most)) + (bytes.count > most ? " ..." : "")
    }
    let kind = kind ?? context.info.resource
    return .badRequest("the object provided is unrecognized (must be of type \(kind)): \(why) (\(shown))")
  }

  private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    var text = ""
    for byte in bytes { text += (byte < 16 ? "0" : "") + String(byte, radix: 16) }
    return text
  }

  /// A configuration that is applied: YAML, of which JSON is a part.
  func applied(_ bytes: [UInt8]) throws(StatusError) -> JSONValue {
    if let (value, duplicates) = try? JSONReader.strictValue(of: bytes), duplicates.isEmpty { return value }
    let (value, problems) = try Self.yamlOnceOrTwice(bytes)
    guard let problem = problems.first else { return value }
    switch try context.fieldValidation() {
    case .ignore: break
    case .warn: StrictProblems.warnings(of: problem).forEach(context.warn)
    case .strict: throw .badRequest("error strict decoding YAML: \(problem)")
    }
    return value
  }

  /// What is applied is held to its schema by the merge, which tells fields that the schema does not have.
  func configuration(_ value: JSONValue) throws(StatusError) -> JSONObject {
    guard value.objectValue != nil || value == .null else {
      let type = "Go value of type map[string]interface {}"
      throw .badRequest(
        "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
          + "\(value.goTypeName) into \(type)")
    }
    // Nothing is a configuration that does not say what it is of.
    return value.objectValue ?? [:]
  }

  /// An object of a kind, checked against its schema: what does not fit is refused, what is unknown is dropped and
  /// reported as the client wants it.
  func object(_ bytes: [UInt8], _ target: ServedResource, kind: KindDescription? = nil) throws(StatusError)
    -> JSONObject
  {
    let expected = kind?.groupVersionKind ?? target.groupVersionKind
    let name = expected.kind
    let (value, problems) = try parse(bytes, kind: name)
    if target.resource.isCustom, kind == nil, value.objectValue != nil || value == .null {
      if (value["kind"] ?? .null) == .null || value["kind"] == "" {
        throw unrecognized(bytes, name, "Object 'Kind' is missing in '\(String(decoding: bytes, as: UTF8.self))'")
      }
      if (value["apiVersion"] ?? .null) == .null || value["apiVersion"] == "" {
        throw .badRequest(
          "the API version in the data () does not match the expected API version (\(expected.apiVersion))")
      }
    }
    if value.objectValue == nil, value != .null {
      let type = #"struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"#
      throw unrecognized(
        bytes, name,
        "couldn't get version/kind; json parse error: json: cannot unmarshal \(value.goTypeName) into Go value of type \(type)"
      )
    }
    if !target.resource.isCustom || kind != nil, let problem = Self.typeProblem(value) {
      throw unrecognized(bytes, name, "couldn't get version/kind; json parse error: json: cannot unmarshal \(problem)")
    }
    return try object(value == .null ? [:] : value, target, kind: kind, problems: problems)
  }

  /// Why the object does not say what it is: the first of the members that do so is no text.
  private static func typeProblem(_ value: JSONValue) -> String? {
    guard case .object(let object) = value else { return nil }
    for (name, value) in object where name == "apiVersion" || name == "kind" {
      if value == .null || value.stringValue != nil { continue }
      return "\(value.goKind) into Go struct field .\(name) of type string"
    }
    return nil
  }

  func object(
    _ value: JSONValue, _ target: ServedResource, kind: KindDescription? = nil, problems: [String] = []
  ) throws(StatusError) -> JSONObject {
    let expected = kind?.groupVersionKind ?? target.groupVersionKind
    return try object(value, target, kind: kind, problems: problems) { message in
      .badRequest(
        "\(expected.kind) in version \(expected.version.goQuoted) cannot be handled as a \(expected.kind): \(message)")
    }
  }

  /// An object of a custom kind says itself what it is.
  private func checkType(_ value: JSONValue, _ target: ServedResource) throws(StatusError) {
    let expected = target.groupVersionKind
    guard let version = value["apiVersion"]?.stringValue, let kind = value["kind"]?.stringValue else { return }
    var errors: [FieldError] = []
    if !kind.isEmpty, kind != expected.kind, context.info.subresource.isEmpty {
      errors.append(.invalid(FieldPath("kind"), .string(kind), "must be \(expected.kind)"))
    }
    if version != expected.apiVersion {
      guard context.info.verb == "patch" else { return }
      errors.append(.invalid(FieldPath("apiVersion"), .string(version), "must be \(expected.apiVersion)"))
    }
    guard !errors.isEmpty else { return }
    throw .invalid(
      GroupKind(group: GroupVersion(apiVersion: version)?.group ?? "", kind: kind),
      value["metadata"]?["name"]?.stringValue ?? "", errors)
  }

  /// What a patch made of an object of a built-in kind. A strategic one is put into the object that there is and cannot
  /// change its type; the outcome of another one is read anew as what it says it is.
  private func patched(
    _ value: JSONValue, _ expected: GroupVersionKind, by patch: PatchKind, _ refusal: (_ message: String) -> StatusError
  ) throws(StatusError) -> JSONValue {
    guard case .object(var object) = value else { return value }
    let version = object["apiVersion"]?.stringValue ?? ""
    let kind = object["kind"]?.stringValue ?? ""
    guard patch == .strategic else {
      let isExpected = ["", expected.apiVersion].contains(version) && ["", expected.kind].contains(kind)
      guard !isExpected else { return value }
      let mismatch = KindMismatch(kinds: registry.kinds, expected: expected)
      throw refusal(mismatch.unregistered(version: version, kind: kind))
    }
    if !version.isEmpty { object["apiVersion"] = .string(expected.apiVersion) }
    if !kind.isEmpty { object["kind"] = .string(expected.kind) }
    return .object(object)
  }

  /// The object with its kind and version.
  /// - Throws: 400 where it says that it is something else.
  private func typed(_ value: JSONValue, _ expected: GroupVersionKind, isCustom: Bool) throws(StatusError) -> JSONObject
  {
    guard case .object(var object) = value else {
      throw .badRequest("the object provided is not a JSON object")
    }
    for name in ["apiVersion", "kind"] {
      if let value = object[name], value != .null, value.stringValue == nil {
        throw .badRequest("couldn't get version/kind; json parse error: the field \(name) is no text")
      }
    }
    let (version, kind) = (object["apiVersion"]?.stringValue ?? "", object["kind"]?.stringValue ?? "")
    if isCustom {
      if !version.isEmpty, version != expected.apiVersion {
        throw .badRequest(
          "the API version in the data (\(version)) does not match the expected API version (\(expected.apiVersion))")
      }
      if !kind.isEmpty, kind != expected.kind {
        throw .badRequest(
          "\(kind) in version \(expected.version.goQuoted) cannot be handled as a \(expected.kind): the kind does not match"
        )
      }
    } else if let refusal = KindMismatch(kinds: registry.kinds, expected: expected).refusal(
      version: version, kind: kind)
    {
      throw refusal
    }
    object["kind"] = .string(expected.kind)
    object["apiVersion"] = .string(expected.apiVersion)
    return object
  }

  /// An object that a patch has made. What is wrong with it is said of the patch, with the outcome or, of a strategic
  /// one, the patch itself.
  func object(
    _ changed: JSONObject, _ target: ServedResource, kind: KindDescription? = nil, madeBy patch: JSONValue,
    _ patchKind: PatchKind, problems: [String]
  ) throws(StatusError) -> JSONObject {
    let changed = JSONValue.object(changed)
    do throws(StatusError) {
      return try made(changed, target, kind, by: patch, patchKind, problems)
    } catch {
      // What is wrong is told of the first member in the order in which they are shown.
      switch patchKind {
      case .merge: _ = try made(PatchOrder.merged(changed, by: patch), target, kind, by: patch, patchKind, problems)
      case .json: _ = try made(PatchOrder.patched(changed, by: patch), target, kind, by: patch, patchKind, problems)
      case .strategic, .apply: break
      }
      throw error
    }
  }

  private func made(
    _ changed: JSONValue, _ target: ServedResource, _ kind: KindDescription?, by patch: JSONValue,
    _ patchKind: PatchKind, _ problems: [String]
  ) throws(StatusError) -> JSONObject {
    try object(changed, target, kind: kind, problems: problems, madeBy: patchKind) { message in
      let shown = patchKind == .strategic ? patch.goDescription : changed.jsonText()
      return .invalid(GroupKind(group: "", kind: ""), "", [.invalid(FieldPath("patch"), .string(shown), message)])
    }
  }

  /// - Parameters:
  ///   - problems: what strict decoding has found before.
  ///   - patch: the kind of patch that made the object, if one did.
  ///   - refusal: the error for what does not fit.
  private func object(
    _ value: JSONValue, _ target: ServedResource, kind: KindDescription?, problems: [String],
    madeBy patch: PatchKind? = nil, refusal: (_ message: String) -> StatusError
  ) throws(StatusError) -> JSONObject {
    let schema = kind?.schema ?? target.version.schema
    let definition = kind?.definitionName ?? target.version.definitionName
    let isCustom = target.resource.isCustom && kind == nil
    var value = value
    if isCustom {
      try checkType(value, target)
      if !context.info.subresource.isEmpty, case .object(var object) = value {
        // Of what is written to a part of an object, only that part counts.
        object["kind"] = .string(target.groupVersionKind.kind)
        value = .object(object)
      }
    }
    let expected = kind?.groupVersionKind ?? target.groupVersionKind
    if let patch, !isCustom { value = try patched(value, expected, by: patch, refusal) }
    var tree = JSONValue.object(try typed(value, expected, isCustom: isCustom))
    if !target.resource.isCustom || kind != nil {
      let words: TypeChecker.Words = patch == .strategic ? .converter : .decoder
      do {
        if try TypeChecker.check(tree, by: schema, definitionName: definition, words: words) {
          IntegerWrapping.apply(to: &tree, by: schema)
        }
      } catch {
        throw refusal(error.message)
      }
    } else if let metadata = tree["metadata"], metadata != .null, let meta = registry.kinds.registry[Self.objectMeta] {
      do { try TypeChecker.check(metadata, by: meta, definitionName: Self.objectMeta) } catch {
        throw refusal(error.message)
      }
      if case .object(var object) = tree {
        // What is empty says nothing; an empty list of managers drops no notes.
        for name in ["labels", "annotations", "finalizers", "ownerReferences", "managedFields"]
        where metadata[name] == [] || metadata[name] == [:] { object.setMetadata(name, nil) }
        tree = .object(object)
      }
    }
    if !isCustom { registry.kinds.fillNulls(in: &tree, definition: definition) }
    Defaulter.removeNulls(from: &tree, by: schema)
    let unknown = Pruner(metadata: registry.kinds.registry[Self.objectMeta])
      .prune(&tree, by: schema, isEmbeddedResource: isCustom)
    if isCustom,
      let problem = EmbeddedResourceRules.malformed(
        in: tree, by: schema, metadata: registry.kinds.registry[Self.objectMeta])
    {
      throw refusal(problem.description)
    }
    let texts = StrictProblems.texts(
      unknown: unknown, repeated: problems, in: value, isTyped: !isCustom && patch == nil,
      isYAML: contentType == "application/yaml")
    guard !texts.isEmpty else { return tree.objectValue ?? [:] }
    switch try context.fieldValidation() {
    case .ignore: break
    case .warn: for text in texts { StrictProblems.warnings(of: text).forEach(context.warn) }
    case .strict: throw refusal("strict decoding error: " + texts.joined(separator: ", "))
    }
    return tree.objectValue ?? [:]
  }
}

extension JSONValue {
  /// What Go's decoder calls a value of this type.
  fileprivate var goTypeName: String {
    switch self {
    case .object: "object"
    case .array: "array"
    case .string: "string"
    case .bool: "bool"
    case .null: "null"
    default: "number"
    }
  }
}
