import APIMachinery
import Protobuf

/// Types whose JSON is not an object of their fields: times, quantities, values of whatever shape.
enum ProtobufSpecialTypes {
  typealias Reader =
    @Sendable (
      _ decoder: ProtobufDecoder, _ bytes: [UInt8], _ range: Range<Int>, _ depth: Int
    ) throws(ProtobufError) -> JSONValue

  static func reader(of name: String) -> Reader? { readers[name] }

  private static let meta = "io.k8s.apimachinery.pkg.apis.meta.v1."
  private static let extensions = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1."

  private static let readers: [String: Reader] = [
    meta + "Time": { (_, bytes, range, _) throws(ProtobufError) in
      try time(bytes, range).map { .string($0.inWholeSeconds.description) } ?? .null
    },
    meta + "MicroTime": { (_, bytes, range, _) throws(ProtobufError) in
      try time(bytes, range).map { .string($0.inMicroseconds) } ?? .null
    },
    meta + "Duration": { (_, bytes, range, _) throws(ProtobufError) in
      .string(GoDuration.text(nanoseconds: Int64(bitPattern: try numbers(bytes, range)[1] ?? 0)))
    },
    meta + "FieldsV1": { (_, bytes, range, depth) throws(ProtobufError) in try json(bytes, range, depth) },
    "io.k8s.apimachinery.pkg.runtime.RawExtension": { (_, bytes, range, depth) throws(ProtobufError) in
      try json(bytes, range, depth)
    },
    extensions + "JSON": { (_, bytes, range, depth) throws(ProtobufError) in try json(bytes, range, depth) },
    "io.k8s.apimachinery.pkg.api.resource.Quantity": { (decoder, bytes, range, _) throws(ProtobufError) in
      guard let text = try parts(bytes, range)[1]?.last else { return "0" }
      return .string(try decoder.text(text))
    },
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": { (decoder, bytes, range, _) throws(ProtobufError) in
      let numbers = try numbers(bytes, range)
      guard numbers[1] == 1 else {
        return .integer(Int64(Int32(truncatingIfNeeded: numbers[2] ?? 0)))
      }
      return .string(
        try parts(bytes, range)[3]?.last.map { (range) throws(ProtobufError) in try decoder.text(range) } ?? "")
    },
    extensions + "JSONSchemaPropsOrArray": { (decoder, bytes, range, depth) throws(ProtobufError) in
      try either(decoder, bytes, range, depth, schema: 1, list: 2)
    },
    extensions + "JSONSchemaPropsOrBool": { (decoder, bytes, range, depth) throws(ProtobufError) in
      if let schema = try parts(bytes, range)[2]?.last {
        return try decoder.nested(extensions + "JSONSchemaProps", schema, depth + 1)
      }
      return .bool(try numbers(bytes, range)[1] ?? 0 != 0)
    },
    extensions + "JSONSchemaPropsOrStringArray": { (decoder, bytes, range, depth) throws(ProtobufError) in
      if let schema = try parts(bytes, range)[1]?.last {
        return try decoder.nested(extensions + "JSONSchemaProps", schema, depth + 1)
      }
      return .array(try strings(decoder, bytes, range, 2))
    },
    meta + "Verbs": { (decoder, bytes, range, _) throws(ProtobufError) in
      .array(try strings(decoder, bytes, range, 1))
    },
    "io.k8s.api.authentication.v1.ExtraValue": { (decoder, bytes, range, _) throws(ProtobufError) in
      .array(try strings(decoder, bytes, range, 1))
    },
    "io.k8s.api.authorization.v1.ExtraValue": { (decoder, bytes, range, _) throws(ProtobufError) in
      .array(try strings(decoder, bytes, range, 1))
    },
    "io.k8s.api.certificates.v1.ExtraValue": { (decoder, bytes, range, _) throws(ProtobufError) in
      .array(try strings(decoder, bytes, range, 1))
    },
  ]

  // MARK: parts of messages

  /// The last value of each field that is a number.
  private static func numbers(_ bytes: [UInt8], _ range: Range<Int>) throws(ProtobufError) -> [UInt32: UInt64] {
    var input = ProtobufReader(bytes, range)
    var found: [UInt32: UInt64] = [:]
    while let (number, value) = try input.nextField() {
      if case .varint(let content) = value { found[number] = content }
    }
    return found
  }

  /// The values of each field that is bytes.
  private static func parts(_ bytes: [UInt8], _ range: Range<Int>) throws(ProtobufError) -> [UInt32: [Range<Int>]] {
    var input = ProtobufReader(bytes, range)
    var found: [UInt32: [Range<Int>]] = [:]
    while let (number, value) = try input.nextField() {
      if case .bytes(let content) = value { found[number, default: []].append(content) }
    }
    return found
  }

  private static func strings(
    _ decoder: ProtobufDecoder, _ bytes: [UInt8], _ range: Range<Int>, _ number: UInt32
  ) throws(ProtobufError) -> [JSONValue] {
    var all: [JSONValue] = []
    for part in try parts(bytes, range)[number] ?? [] { all.append(.string(try decoder.text(part))) }
    return all
  }

  private static func either(
    _ decoder: ProtobufDecoder, _ bytes: [UInt8], _ range: Range<Int>, _ depth: Int, schema: UInt32, list: UInt32
  ) throws(ProtobufError) -> JSONValue {
    let parts = try parts(bytes, range)
    if let one = parts[schema]?.last { return try decoder.nested(extensions + "JSONSchemaProps", one, depth + 1) }
    var all: [JSONValue] = []
    for part in parts[list] ?? [] { all.append(try decoder.nested(extensions + "JSONSchemaProps", part, depth + 1)) }
    return .array(all)
  }

  /// Nil for a time that was not set.
  private static func time(_ bytes: [UInt8], _ range: Range<Int>) throws(ProtobufError) -> Timestamp? {
    let numbers = try numbers(bytes, range)
    // Go's zero time, 1 January of year 1, is one that was not set too.
    guard let seconds = numbers[1].map(Int64.init(bitPattern:)), seconds > -62_135_596_800 else {
      return numbers.isEmpty || numbers[1] == nil && numbers[2] == nil ? nil : Timestamp(seconds: 0)
    }
    return Timestamp(seconds: seconds, nanoseconds: Int32(truncatingIfNeeded: numbers[2] ?? 0))
  }

  /// A value of any shape, which may nest as deep as the messages around it leave room for: each of them is an object, and
  /// may stand in a list.
  private static func json(
    _ bytes: [UInt8], _ range: Range<Int>, _ depth: Int
  ) throws(ProtobufError) -> JSONValue {
    guard let text = try parts(bytes, range)[1]?.last, !text.isEmpty else { return .null }
    let room = JSONReader.maximumDepth - 1 - 2 * depth
    do { return try JSONReader.value(of: bytes.span.extracting(text), maximumDepth: room) } catch {
      throw ProtobufError(.encoding, "the object is not valid protobuf: a value is not valid JSON: \(error.message)")
    }
  }
}
