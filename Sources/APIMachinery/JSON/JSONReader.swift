/// Reads a JSON text (RFC 8259) into a tree.
///
/// It takes what Kubernetes' decoder takes and names what is wrong in the same words, with these differences: a string
/// that is not UTF-8 is refused, where Go silently puts replacement characters; and nesting ends at `maximumDepth`.
/// Half a surrogate pair in a `\u` escape becomes U+FFFD, as in Go. Of members of one name the last one stays.
public struct JSONReader: Sendable {
  /// How deep arrays and objects may nest. Go's limit is 10,000, but its stacks grow. A tree of this depth can be
  /// walked recursively, compared and freed on a stack of half a megabyte; Kubernetes' own kinds and the
  /// schemas of custom ones stay below a hundred.
  public static let maximumDepth = 1_000
  /// How deep an object may nest that the server has written: its record of who owns which fields nests five deeper than
  /// the object that it came with.
  public static let maximumWrittenDepth = maximumDepth + 8
  /// How many duplicate members are named, as in Kubernetes.
  static let maximumDuplicates = 100
  /// Members of an object at most of which one that comes again is moved behind the others.
  private static let mostMoved = 1_000

  var index = 0
  private var depth = 0
  private let maximumDepth: Int
  private let noticesDuplicates: Bool
  /// The paths of members that came twice, each from its end to its start.
  private var duplicates: [[String]] = []

  private init(maximumDepth: Int, noticesDuplicates: Bool) {
    self.maximumDepth = maximumDepth
    self.noticesDuplicates = noticesDuplicates
  }

  /// The value that a text holds.
  /// - Parameter maximumDepth: how deep arrays and objects may nest.
  public static func value(
    of bytes: Span<UInt8>, maximumDepth: Int = Self.maximumDepth
  ) throws(JSONError) -> JSONValue {
    var reader = JSONReader(maximumDepth: maximumDepth, noticesDuplicates: false)
    return try reader.text(bytes)
  }

  /// The value that a text holds, and the paths of members that stand there more than once
  /// (`spec.containers[0].image`): the first hundred, each once.
  public static func strictValue(
    of bytes: Span<UInt8>
  ) throws(JSONError) -> (value: JSONValue, duplicates: [String]) {
    var reader = JSONReader(maximumDepth: maximumDepth, noticesDuplicates: true)
    let value = try reader.text(bytes)
    return (value, reader.duplicatePaths)
  }

  /// The value that a text holds, and the paths of members that stand there more than once.
  public static func strictValue(of bytes: [UInt8]) throws(JSONError) -> (
    value: JSONValue, duplicates: [String]
  ) {
    try strictValue(of: bytes.span)
  }

  // MARK: The grammar

  private mutating func text(_ bytes: Span<UInt8>) throws(JSONError) -> JSONValue {
    let value = try value(bytes)
    skipSpace(bytes)
    guard index == bytes.count else {
      throw .unexpected(bytes[index], "after top-level value", at: index)
    }
    return value
  }

  @inline(__always)
  mutating func skipSpace(_ bytes: Span<UInt8>) {
    while index < bytes.count {
      let byte = bytes[index]
      guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else {
        return
      }
      index &+= 1
    }
  }

  private mutating func value(_ bytes: Span<UInt8>) throws(JSONError) -> JSONValue {
    skipSpace(bytes)
    guard index < bytes.count else { throw .truncated(at: index) }
    switch bytes[index] {
    case UInt8(ascii: "\""):
      return .string(try string(bytes))
    case UInt8(ascii: "{"):
      try descend()
      let object = try object(bytes)
      depth &-= 1
      return .object(object)
    case UInt8(ascii: "["):
      try descend()
      let array = try array(bytes)
      depth &-= 1
      return .array(array)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return try number(bytes)
    case UInt8(ascii: "t"):
      try literal("true", bytes)
      return .bool(true)
    case UInt8(ascii: "f"):
      try literal("false", bytes)
      return .bool(false)
    case UInt8(ascii: "n"):
      try literal("null", bytes)
      return .null
    case let byte:
      throw .unexpected(byte, "looking for beginning of value", at: index)
    }
  }

  @inline(__always)
  private mutating func descend() throws(JSONError) {
    guard depth < maximumDepth else {
      throw JSONError(.tooDeep, "exceeded max depth", at: index)
    }
    depth &+= 1
    index &+= 1
  }

  private mutating func literal(_ name: StaticString, _ bytes: Span<UInt8>) throws(JSONError) {
    let word = String(describing: name)
    for expected in word.utf8 {
      guard index < bytes.count, bytes[index] == expected else {
        let context = "in literal \(word) (expecting '\(Character(Unicode.Scalar(expected)))')"
        guard index < bytes.count else { throw .truncated(context, at: index) }
        throw .unexpected(bytes[index], context, at: index)
      }
      index &+= 1
    }
  }

  private mutating func array(_ bytes: Span<UInt8>) throws(JSONError) -> [JSONValue] {
    skipSpace(bytes)
    guard index < bytes.count else { throw .truncated(at: index) }
    if bytes[index] == UInt8(ascii: "]") {
      index &+= 1
      return []
    }
    var elements: [JSONValue] = []
    while true {
      let known = duplicates.count
      elements.append(try value(bytes))
      if duplicates.count != known { place(known, under: "[\(elements.count - 1)]") }
      skipSpace(bytes)
      guard index < bytes.count else { throw .truncated(at: index) }
      switch bytes[index] {
      case UInt8(ascii: ","): index &+= 1
      case UInt8(ascii: "]"):
        index &+= 1
        return elements
      case let byte: throw .unexpected(byte, "after array element", at: index)
      }
    }
  }

  private mutating func object(_ bytes: Span<UInt8>) throws(JSONError) -> JSONObject {
    var object = JSONObject()
    skipSpace(bytes)
    guard index < bytes.count else { throw .truncated(at: index) }
    if bytes[index] == UInt8(ascii: "}") {
      index &+= 1
      return object
    }
    while true {
      skipSpace(bytes)
      guard index < bytes.count else { throw .truncated(at: index) }
      guard bytes[index] == UInt8(ascii: "\"") else {
        throw .unexpected(bytes[index], "looking for beginning of object key string", at: index)
      }
      let name = try string(bytes)
      skipSpace(bytes)
      guard index < bytes.count else { throw .truncated(at: index) }
      guard bytes[index] == UInt8(ascii: ":") else {
        throw .unexpected(bytes[index], "after object key", at: index)
      }
      index &+= 1
      let known = duplicates.count
      let value = try value(bytes)
      if duplicates.count != known { place(known, under: name) }
      if object.put(name, value), noticesDuplicates { note(name, in: &object, value) }
      skipSpace(bytes)
      guard index < bytes.count else { throw .truncated(at: index) }
      switch bytes[index] {
      case UInt8(ascii: ","): index &+= 1
      case UInt8(ascii: "}"):
        index &+= 1
        return object
      case let byte: throw .unexpected(byte, "after object key:value pair", at: index)
      }
    }
  }

  // MARK: Duplicates

  /// The member stands where it came last: what is wrong with an object is told in the order of its text.
  private mutating func note(_ name: String, in object: inout JSONObject, _ value: JSONValue) {
    guard duplicates.count < Self.maximumDuplicates else { return }
    duplicates.append([name])
    guard object.count <= Self.mostMoved else { return }
    object.remove(name)
    _ = object.put(name, value)
  }

  /// The duplicates found since there were `known` stand under a member or an element.
  private mutating func place(_ known: Int, under component: String) {
    for index in known..<duplicates.count { duplicates[index].append(component) }
  }

  private var duplicatePaths: [String] {
    var seen = Set<String>()
    var paths: [String] = []
    // A path holds at most the text, so a hundred of them are bounded; a text made to be costly is told less.
    var room = 1 << 20
    for components in duplicates where room > 0 {
      var path = ""
      for component in components.reversed() {
        if !path.isEmpty, !component.hasPrefix("[") { path += "." }
        path += component
      }
      room -= path.utf8.count
      if seen.insert(path).inserted { paths.append(path) }
    }
    return paths
  }
}

extension JSONValue {
  /// Reads a JSON text; see `JSONReader`.
  public init(json bytes: Span<UInt8>) throws(JSONError) { self = try JSONReader.value(of: bytes) }
  /// Reads a JSON text; see `JSONReader`.
  public init(json bytes: [UInt8]) throws(JSONError) { self = try JSONReader.value(of: bytes.span) }
  /// Reads a JSON text; see `JSONReader`.
  public init(json text: String) throws(JSONError) {
    self = try JSONReader.value(of: text.utf8.span)
  }
}
