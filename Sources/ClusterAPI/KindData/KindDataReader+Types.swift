import APIMachinery

extension TypeEntry {
  /// `type PodSpec object map=atomic union=type:localhostProfile=LocalhostProfile -- What a pod is made of.`
  init(_ line: KindDataLine) throws(KindDataError) {
    guard line.words.count >= 2 else { throw line.error(.malformed, "a type has a name") }
    name = String(line.words[1])
    form = .structure
    description = line.description
    self.line = line.number
    for word in line.words.dropFirst(2) {
      let flag = KindDataFlag(word)
      switch flag.name {
      case "object": form = .object
      case "typed": form = .typed
      case "any": form = .any
      case "map": mapType = try MapType(flag, line)
      case "union": union = try SchemaUnion(flag, line)
      case "judged": judgingOrder = (flag.value ?? "").split(separator: ",").map(String.init)
      default: throw line.error(.unknownWord, "\(word) says nothing of a type")
      }
    }
  }
}

extension MapType {
  init(_ flag: KindDataFlag, _ line: KindDataLine) throws(KindDataError) {
    guard let value = flag.value, let type = MapType(rawValue: String(value)) else {
      throw line.error(.unknownWord, "a map is atomic or granular")
    }
    self = type
  }
}

extension SchemaUnion {
  /// `discriminator:field=Value,field=Value`; the discriminator may be missing.
  init(_ flag: KindDataFlag, _ line: KindDataLine) throws(KindDataError) {
    let parts = (flag.value ?? "").split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2 else { throw line.error(.malformed, "a union has a discriminator, a colon and members") }
    let members = parts[1].split(separator: ",").map { member in
      let member = KindDataFlag(member)
      return Member(field: String(member.name), discriminatorValue: String(member.value ?? ""))
    }
    self.init(discriminator: parts[0].isEmpty ? nil : String(parts[0]), members: members)
  }
}

extension FieldEntry {
  /// `containers [Container] required list=map:name patch=merge:name -- The containers.`
  init(_ line: KindDataLine) throws(KindDataError) {
    guard line.words.count >= 2 else { throw line.error(.malformed, "a field has a name and a type") }
    name = String(line.words[0])
    var expression = line.words[1]
    if expression.hasSuffix("?") {
      isOptional = true
      expression = expression.dropLast()
    }
    guard let type = FieldType(expression) else { throw line.error(.malformed, "\(expression) is no type") }
    self.type = type
    description = line.description
    self.line = line.number
    var rules = ValueRules()
    var hasRules = false
    for word in line.words.dropFirst(2) {
      let flag = KindDataFlag(word)
      if try rules.take(flag, line) {
        hasRules = true
      } else {
        try take(flag, line)
      }
    }
    if hasRules { self.rules = rules }
  }

  private mutating func take(_ flag: KindDataFlag, _ line: KindDataLine) throws(KindDataError) {
    switch flag.name {
    case "required": presence = .required
    case "written": presence = .written
    case "always": isAlways = true
    case "zero": saysZero = true
    case "given": saysZero = false
    case "null": isNull = true
    case "immutable": isImmutable = true
    case "gate": feature = flag.value.map(String.init)
    case "go": goType = flag.value.map(String.init)
    case "in": embeddedIn = flag.value.map(String.init)
    case "map": mapType = try MapType(flag, line)
    case "default":
      guard let value = flag.value else { throw line.error(.malformed, "a default has a value") }
      defaultValue = JSONValue(dataWord: value)
    case "list":
      let parts = (flag.value ?? "").split(separator: ":", maxSplits: 1)
      guard let first = parts.first, let type = ListType(rawValue: String(first)), (type == .map) == (parts.count == 2)
      else { throw line.error(.malformed, "a list is atomic, set or map with its keys") }
      listType = type
      if parts.count == 2 { listMapKeys = parts[1].split(separator: ",").map(String.init) }
    case "patch":
      let parts = (flag.value ?? "").split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard let first = parts.first, let strategy = PatchStrategy(first) else {
        throw line.error(.unknownWord, "a patch merges, replaces or retains keys")
      }
      patchStrategy = strategy
      if parts.count == 2 { patchMergeKey = String(parts[1]) }
    default: throw line.error(.unknownWord, "\(flag.name) says nothing of a field")
    }
  }
}

extension JSONValue {
  /// A value as a text writes it in one word; a string may stand between single quotation marks.
  init(dataWord word: Substring) {
    if word.utf8.count >= 2, word.hasPrefix("'"), word.hasSuffix("'") {
      self = .string(String(word.dropFirst().dropLast()))
      return
    }
    switch word {
    case "true": self = .bool(true)
    case "false": self = .bool(false)
    default: self = Int64(word).map { .integer($0) } ?? .string(String(word))
    }
  }
}

extension ValueRules {
  /// Whether the flag is one of a value's limits.
  fileprivate mutating func take(_ flag: KindDataFlag, _ line: KindDataLine) throws(KindDataError) -> Bool {
    switch flag.name {
    case "enum": enumeration = (flag.value ?? "").split(separator: "|").map { .string($0 == "\"\"" ? "" : String($0)) }
    case "judged": isJudgedByKind = true
    case "min": minimum = Double(try Self.number(flag, line))
    case "max": maximum = Double(try Self.number(flag, line))
    case "minLength": minLength = try Self.number(flag, line)
    case "maxLength": maxLength = try Self.number(flag, line)
    case "minItems": minItems = try Self.number(flag, line)
    case "maxItems": maxItems = try Self.number(flag, line)
    default: return false
    }
    return true
  }

  private static func number(_ flag: KindDataFlag, _ line: KindDataLine) throws(KindDataError) -> Int64 {
    guard let value = flag.value, let number = Int64(value) else {
      throw line.error(.malformed, "\(flag.name) has a whole number")
    }
    return number
  }
}

extension FieldType {
  private static let plain: [Substring: FieldType] = [
    "string": .string, "int32": .int32, "int64": .int64, "double": .double, "bool": .bool, "bytes": .bytes,
    "any": .any, "quantity": .quantity, "intOrString": .intOrString, "time": .time, "microTime": .microTime,
    "raw": .raw, "fieldsV1": .fieldSet,
  ]

  /// Nil for what is written as no type is.
  init?(_ text: Substring) {
    let bytes = text.utf8
    guard let first = bytes.first, let last = bytes.last else { return nil }
    let isList = first == UInt8(ascii: "[")
    if isList || first == UInt8(ascii: "{") {
      guard last == UInt8(ascii: isList ? "]" : "}"), bytes.count > 2,
        let item = FieldType(text.dropFirst().dropLast())
      else { return nil }
      self = isList ? .list(item) : .map(item)
    } else if let plain = Self.plain[text] {
      self = plain
    } else {
      let name = text.split(separator: ".", omittingEmptySubsequences: false)
      guard name.count <= 2, let type = name.last?.first, type.isUppercase, name[0] != "" else { return nil }
      self = .named(String(text))
    }
  }
}
