import APIMachinery
import Protobuf

/// How types are written whose JSON is not an object of their fields.
extension ProtobufWriter {
  /// - Parameters:
  ///   - value: where it stands in the text.
  typealias Special =
    @Sendable (inout ProtobufWriter, _ json: [UInt8], _ value: Range<Int>, _ depth: Int) throws(ProtobufError) -> Void

  static func special(of name: String) -> Special? { specials[name] }

  private static let meta = "io.k8s.apimachinery.pkg.apis.meta.v1."
  private static let extensions = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1."
  private static let schema = extensions + "JSONSchemaProps"

  private static let specials: [String: Special] = [
    meta + "Time": { (writer, json, value, _) throws(ProtobufError) in
      try writer.write(json, time: value, keepsFraction: false)
    },
    meta + "MicroTime": { (writer, json, value, _) throws(ProtobufError) in
      try writer.write(json, time: value, keepsFraction: true)
    },
    meta + "Duration": { (writer, json, value, _) throws(ProtobufError) in
      guard let nanoseconds = string(json, value).flatMap(GoDuration.nanoseconds) else {
        throw .mismatch("a duration")
      }
      writer.message.append(1, nanoseconds)
    },
    meta + "FieldsV1": text, "io.k8s.apimachinery.pkg.runtime.RawExtension": text, extensions + "JSON": text,
    "io.k8s.apimachinery.pkg.api.resource.Quantity": { (writer, json, value, _) throws(ProtobufError) in
      switch shape(json, value.lowerBound) {
      case .string: _ = try writer.append(json, value.lowerBound, .string, at: 1, 0)
      case .number: writer.message.append(1, json[value])
      default: throw .mismatch("a quantity")
      }
    },
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": { (writer, json, value, _) throws(ProtobufError) in
      let isText = shape(json, value.lowerBound) == .string
      guard let number = isText ? 0 : wholeNumber(json, value) else { throw .mismatch("a whole number or a text") }
      writer.message.append(1, isText ? 1 : Int64(0))
      writer.message.append(2, number)
      guard isText else { return writer.message.append(3, "") }
      _ = try writer.append(json, value.lowerBound, .string, at: 3, 0)
    },
    extensions + "JSONSchemaPropsOrArray": { (writer, json, value, depth) throws(ProtobufError) in
      guard shape(json, value.lowerBound) == .array else {
        _ = try writer.write(json, schema: value.lowerBound, at: 1, depth)
        return
      }
      var cursor = JSONCursor(at: value.lowerBound)
      while let element = cursor.element(of: json.span) {
        cursor.pass(to: try writer.write(json, schema: element, at: 2, depth))
      }
    },
    extensions + "JSONSchemaPropsOrBool": { (writer, json, value, depth) throws(ProtobufError) in
      let isFlag = shape(json, value.lowerBound) == .boolean
      writer.message.append(1, isFlag ? json[value.lowerBound] == UInt8(ascii: "t") : true)
      if !isFlag { _ = try writer.write(json, schema: value.lowerBound, at: 2, depth) }
    },
    extensions + "JSONSchemaPropsOrStringArray": { (writer, json, value, depth) throws(ProtobufError) in
      if shape(json, value.lowerBound) == .array {
        try writer.write(json, strings: value, at: 2)
      } else {
        _ = try writer.write(json, schema: value.lowerBound, at: 1, depth)
      }
    },
    "io.k8s.api.authentication.v1.ExtraValue": strings, "io.k8s.api.authorization.v1.ExtraValue": strings,
    "io.k8s.api.certificates.v1.ExtraValue": strings, meta + "Verbs": strings,
  ]

  /// A value of whatever shape, as it stands.
  private static let text: Special = { (writer, json, value, _) throws(ProtobufError) in
    if shape(json, value.lowerBound) != .null { writer.message.append(1, json[value]) }
  }

  /// A list that is null, as a map of such lists may hold, is an empty one.
  private static let strings: Special = { (writer, json, value, _) throws(ProtobufError) in
    if shape(json, value.lowerBound) != .null { try writer.write(json, strings: value, at: 1) }
  }

  // MARK: parts of messages

  /// Both fields, also where they are zero; nothing for a time that was not set.
  private mutating func write(_ json: [UInt8], time value: Range<Int>, keepsFraction: Bool) throws(ProtobufError) {
    if Self.shape(json, value.lowerBound) == .null { return }
    // As every time is written here; what is written with escapes is no time for it, and is read as a text.
    let plain = value.count > 2 ? Timestamp(json.span.extracting(value.lowerBound + 1..<value.upperBound - 1)) : nil
    guard let time = plain ?? Self.string(json, value).flatMap({ Timestamp($0) }) else { throw .mismatch("a time") }
    message.append(1, time.seconds)
    message.append(2, keepsFraction ? Int64(time.nanoseconds) : 0)
  }

  private mutating func write(_ json: [UInt8], strings value: Range<Int>, at number: Int) throws(ProtobufError) {
    guard Self.shape(json, value.lowerBound) == .array else { throw .mismatch("a list of texts") }
    var cursor = JSONCursor(at: value.lowerBound)
    while let element = cursor.element(of: json.span) {
      guard Self.shape(json, element) == .string else { throw .mismatch("a list of texts") }
      cursor.pass(to: try append(json, element, .string, at: number, 0))
    }
  }

  private mutating func write(
    _ json: [UInt8], schema value: Int, at number: Int, _ depth: Int
  ) throws(ProtobufError) -> Int {
    guard Self.shape(json, value) == .object else { throw .mismatch("an object") }
    let start = message.begin(number)
    let end = try write(Self.schema, json, value, depth: depth + 1)
    message.end(start)
    return end
  }
}
