import APIMachinery
import Protobuf

/// How types are written whose JSON is not an object of their fields.
extension ProtobufSpecialTypes {
  typealias Writer =
    @Sendable (
      _ encoder: ProtobufEncoder, _ value: JSONValue, _ message: inout ProtobufMessage, _ depth: Int
    ) throws(ProtobufError) -> Void

  static func writer(of name: String) -> Writer? { writers[name] }

  private static let meta = "io.k8s.apimachinery.pkg.apis.meta.v1."
  private static let extensions = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1."
  private static let schema = extensions + "JSONSchemaProps"

  private static let writers: [String: Writer] = [
    meta + "Time": { (_, value, message, _) throws(ProtobufError) in
      try write(time: value, keepsFraction: false, to: &message)
    },
    meta + "MicroTime": { (_, value, message, _) throws(ProtobufError) in
      try write(time: value, keepsFraction: true, to: &message)
    },
    meta + "Duration": { (_, value, message, _) throws(ProtobufError) in
      guard let nanoseconds = value.stringValue.flatMap(GoDuration.nanoseconds) else {
        throw .mismatch("a duration")
      }
      message.append(1, nanoseconds)
    },
    meta + "FieldsV1": json,
    "io.k8s.apimachinery.pkg.runtime.RawExtension": json,
    extensions + "JSON": json,
    "io.k8s.apimachinery.pkg.api.resource.Quantity": { (_, value, message, _) throws(ProtobufError) in
      switch value {
      case .string(let text): message.append(1, text)
      case .integer, .double: message.append(1, value.jsonText())
      default: throw .mismatch("a quantity")
      }
    },
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": { (_, value, message, _) throws(ProtobufError) in
      let isText: Bool
      let number: Int64
      switch value {
      case .string: (isText, number) = (true, 0)
      default:
        guard let whole = value.wholeNumber else { throw .mismatch("a whole number or a text") }
        (isText, number) = (false, whole)
      }
      message.append(1, isText ? 1 : Int64(0))
      message.append(2, number)
      message.append(3, value.stringValue ?? "")
    },
    extensions + "JSONSchemaPropsOrArray": { (encoder, value, message, depth) throws(ProtobufError) in
      if let values = value.arrayValue {
        for value in values { try write(schema: value, at: 2, encoder, to: &message, depth) }
      } else {
        try write(schema: value, at: 1, encoder, to: &message, depth)
      }
    },
    extensions + "JSONSchemaPropsOrBool": { (encoder, value, message, depth) throws(ProtobufError) in
      message.append(1, value.boolValue ?? true)
      if value.boolValue == nil { try write(schema: value, at: 2, encoder, to: &message, depth) }
    },
    extensions + "JSONSchemaPropsOrStringArray": { (encoder, value, message, depth) throws(ProtobufError) in
      if value.arrayValue != nil {
        try write(strings: value, at: 2, to: &message)
      } else {
        try write(schema: value, at: 1, encoder, to: &message, depth)
      }
    },
    "io.k8s.api.authentication.v1.ExtraValue": strings, "io.k8s.api.authorization.v1.ExtraValue": strings,
    "io.k8s.api.certificates.v1.ExtraValue": strings, meta + "Verbs": strings,
  ]

  /// The text of a value of whatever shape.
  private static let json: Writer = { (_, value, message, _) throws(ProtobufError) in
    if !value.isNull { message.append(1, value.jsonBytes()) }
  }

  /// A list that is null, as a map of such lists may hold, is an empty one.
  private static let strings: Writer = { (_, value, message, _) throws(ProtobufError) in
    if !value.isNull { try write(strings: value, at: 1, to: &message) }
  }

  // MARK: parts of messages

  /// Both fields, also where they are zero; nothing for a time that was not set.
  private static func write(
    time value: JSONValue, keepsFraction: Bool, to message: inout ProtobufMessage
  ) throws(ProtobufError) {
    if value.isNull { return }
    guard let time = value.stringValue.flatMap(Timestamp.init) else { throw .mismatch("a time") }
    message.append(1, time.seconds)
    message.append(2, keepsFraction ? Int64(time.nanoseconds) : 0)
  }

  private static func write(
    strings value: JSONValue, at number: Int, to message: inout ProtobufMessage
  ) throws(ProtobufError) {
    guard let values = value.arrayValue else { throw .mismatch("a list of texts") }
    for value in values {
      guard let text = value.stringValue else { throw .mismatch("a list of texts") }
      message.append(number, text)
    }
  }

  private static func write(
    schema value: JSONValue, at number: Int, _ encoder: ProtobufEncoder, to message: inout ProtobufMessage,
    _ depth: Int
  ) throws(ProtobufError) {
    guard case .object(let object) = value else { throw .mismatch("an object") }
    try message.append(number) { (part) throws(ProtobufError) in
      try encoder.write(schema, object, to: &part, depth: depth + 1)
    }
  }
}
