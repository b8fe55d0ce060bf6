import APIMachinery
import Protobuf

/// How types are written whose JSON is not an object of their fields.
extension ProtobufWriter {
  typealias Special = @Sendable (inout ProtobufWriter, _ value: Range<Int>, _ depth: Int) throws(ProtobufError) -> Void

  static func special(of name: String) -> Special? { specials[name] }

  private static let meta = "io.k8s.apimachinery.pkg.apis.meta.v1."
  private static let extensions = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1."
  private static let schema = extensions + "JSONSchemaProps"

  private static let specials: [String: Special] = [
    meta + "Time": { (writer, value, _) throws(ProtobufError) in try writer.write(time: value, keepsFraction: false) },
    meta + "MicroTime": { (writer, value, _) throws(ProtobufError) in
      try writer.write(time: value, keepsFraction: true)
    },
    meta + "Duration": { (writer, value, _) throws(ProtobufError) in
      guard let nanoseconds = writer.string(value).flatMap(GoDuration.nanoseconds) else {
        throw .mismatch("a duration")
      }
      writer.message.append(1, nanoseconds)
    },
    meta + "FieldsV1": text, "io.k8s.apimachinery.pkg.runtime.RawExtension": text, extensions + "JSON": text,
    "io.k8s.apimachinery.pkg.api.resource.Quantity": { (writer, value, _) throws(ProtobufError) in
      switch writer.shape(of: value) {
      case .string: try writer.append(value, .string, at: 1, 0)
      case .number: writer.message.append(1, writer.json[value])
      default: throw .mismatch("a quantity")
      }
    },
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": { (writer, value, _) throws(ProtobufError) in
      let isText = writer.shape(of: value) == .string
      guard let number = isText ? 0 : writer.wholeNumber(value) else { throw .mismatch("a whole number or a text") }
      writer.message.append(1, isText ? 1 : Int64(0))
      writer.message.append(2, number)
      if isText { try writer.append(value, .string, at: 3, 0) } else { writer.message.append(3, "") }
    },
    extensions + "JSONSchemaPropsOrArray": { (writer, value, depth) throws(ProtobufError) in
      guard writer.shape(of: value) == .array else { return try writer.write(schema: value, at: 1, depth) }
      for element in writer.elements(of: value) { try writer.write(schema: element, at: 2, depth) }
    },
    extensions + "JSONSchemaPropsOrBool": { (writer, value, depth) throws(ProtobufError) in
      let isFlag = writer.shape(of: value) == .boolean
      writer.message.append(1, isFlag ? writer.isTrue(value) : true)
      if !isFlag { try writer.write(schema: value, at: 2, depth) }
    },
    extensions + "JSONSchemaPropsOrStringArray": { (writer, value, depth) throws(ProtobufError) in
      if writer.shape(of: value) == .array {
        try writer.write(strings: value, at: 2)
      } else {
        try writer.write(schema: value, at: 1, depth)
      }
    },
    "io.k8s.api.authentication.v1.ExtraValue": strings, "io.k8s.api.authorization.v1.ExtraValue": strings,
    "io.k8s.api.certificates.v1.ExtraValue": strings, meta + "Verbs": strings,
  ]

  /// A value of whatever shape, as it stands.
  private static let text: Special = { (writer, value, _) throws(ProtobufError) in
    if writer.shape(of: value) != .null { writer.message.append(1, writer.json[value]) }
  }

  /// A list that is null, as a map of such lists may hold, is an empty one.
  private static let strings: Special = { (writer, value, _) throws(ProtobufError) in
    if writer.shape(of: value) != .null { try writer.write(strings: value, at: 1) }
  }

  // MARK: parts of messages

  /// Both fields, also where they are zero; nothing for a time that was not set.
  private mutating func write(time value: Range<Int>, keepsFraction: Bool) throws(ProtobufError) {
    if shape(of: value) == .null { return }
    guard let time = string(value).flatMap(Timestamp.init) else { throw .mismatch("a time") }
    message.append(1, time.seconds)
    message.append(2, keepsFraction ? Int64(time.nanoseconds) : 0)
  }

  private mutating func write(strings value: Range<Int>, at number: Int) throws(ProtobufError) {
    guard shape(of: value) == .array else { throw .mismatch("a list of texts") }
    for element in elements(of: value) {
      guard shape(of: element) == .string else { throw .mismatch("a list of texts") }
      try append(element, .string, at: number, 0)
    }
  }

  private mutating func write(schema value: Range<Int>, at number: Int, _ depth: Int) throws(ProtobufError) {
    guard shape(of: value) == .object else { throw .mismatch("an object") }
    let start = message.begin(number)
    try write(Self.schema, value, depth: depth + 1)
    message.end(start)
  }
}
