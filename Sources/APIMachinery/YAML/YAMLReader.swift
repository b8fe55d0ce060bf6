/// Reads YAML (1.1) into JSON values under Kubernetes' rules: what `sigs.k8s.io/yaml` makes of it.
///
/// Keys that are numbers or booleans become text; `yes`, `on` and the like are booleans; times are text; merge keys
/// (`<<`) are followed. Aliases may not make a document much larger than it is (CVE-2019-11253).
public struct YAMLReader {
  /// How deep collections may nest: a level costs more stack here than in JSON, and manifests stay below a hundred.
  public static let maximumDepth = 250
  /// How much text aliases may copy, in bytes, over that of the document.
  private static let longestCopies = 16 << 20

  /// A value under an anchor, and what each alias of it costs.
  private struct Anchored {
    let value: JSONValue
    let nodes: Int
    let bytes: Int
  }

  private var scanner: YAMLScanner
  private let refusesDuplicates: Bool
  private var anchors: [String: Anchored] = [:]
  /// Anchors whose values are being read.
  private var open: Set<String> = []
  private var handles: [String: String] = [:]
  private var duplicates: [String] = []
  /// What the document holds so far, aliases followed.
  private var nodes = 0
  private var text = 0
  private var copiedNodes = 0
  private var copiedText = 0
  private var depth = 0

  private init(_ bytes: [UInt8], strict: Bool) throws(YAMLError) {
    scanner = try YAMLScanner(bytes)
    refusesDuplicates = strict
  }

  /// The first document of a text; null where there is none. What stands behind it is not looked at, as in Kubernetes.
  /// - Parameter strict: refuses a key that stands twice in a mapping. Otherwise the later one stays.
  public static func value(of bytes: [UInt8], strict: Bool = false) throws(YAMLError) -> JSONValue {
    if let value = json(bytes, strict: strict) { return value }
    var reader = try YAMLReader(bytes, strict: strict)
    return try reader.document(isOnly: true) ?? .null
  }

  /// A JSON object is YAML too, and is what clients mostly send as YAML: it is read as what it is, which is much quicker.
  private static func json(_ bytes: [UInt8], strict: Bool) -> JSONValue? {
    guard let first = bytes.first(where: { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D }), first == UInt8(ascii: "{"),
      let (value, duplicates) = try? JSONReader.strictValue(of: bytes), !strict || duplicates.isEmpty
    else { return nil }
    return wholeNumbers(value)
  }

  /// Doubles without a fraction as integers, which they are in YAML.
  private static func wholeNumbers(_ value: JSONValue) -> JSONValue {
    switch value {
    case .double(let number): (try? JSONValue(json: number.goJSON)) ?? value
    case .array(let elements): .array(elements.map(wholeNumbers))
    case .object(let object): .object(JSONObject(object.map { ($0.name, wholeNumbers($0.value)) }))
    default: value
    }
  }

  /// All documents of a text. One that is empty is null.
  public static func documents(of bytes: [UInt8], strict: Bool = false) throws(YAMLError) -> [JSONValue] {
    var reader = try YAMLReader(bytes, strict: strict)
    var documents: [JSONValue] = []
    while let document = try reader.document() { documents.append(document) }
    return documents
  }

  // MARK: Documents

  private mutating func document(isOnly: Bool = false) throws(YAMLError) -> JSONValue? {
    while try scanner.peek().kind == .documentEnd { _ = try scanner.take() }
    guard try scanner.peek().kind != .streamEnd else { return nil }
    anchors = [:]
    duplicates = []
    (nodes, text, copiedNodes, copiedText) = (0, 0, 0, 0)
    handles = ["!": "!", "!!": "tag:yaml.org,2002:"]
    let hasDirectives = try directives()
    if try scanner.peek().kind == .documentStart {
      _ = try scanner.take()
    } else if hasDirectives {
      throw try unexpected("did not find expected <document start>")
    }
    let next = try scanner.peek().kind
    let value: JSONValue
    if next == .documentStart || next == .documentEnd || next == .streamEnd {
      value = .null
    } else {
      value = try node(isBlock: true).value
    }
    // Of what stands behind an only document Kubernetes sees one token, which must be one.
    if isOnly {
      _ = try scanner.peek()
    } else {
      switch try scanner.peek().kind {
      case .documentEnd: _ = try scanner.take()
      case .documentStart, .streamEnd: break
      default: throw try unexpected("did not find expected <document start>")
      }
    }
    if !duplicates.isEmpty {
      let list = duplicates.map { "\n  \($0)" }.joined()
      throw YAMLError(.duplicate, "unmarshal errors:\(list)", line: 0)
    }
    return value
  }

  private mutating func directives() throws(YAMLError) -> Bool {
    var found = false
    while true {
      switch try scanner.peek().kind {
      case .version(let version):
        // 1.2 is read as 1.1: they differ in details of scalars.
        guard version == "1.1" || version == "1.2" else {
          throw try unexpected("found incompatible YAML document")
        }
      case .tagDirective(let handle, let prefix): handles[handle] = prefix
      default: return found
      }
      found = true
      _ = try scanner.take()
    }
  }

  /// What the parser finds wrong at its place; Go counts lines from 0 there, and shows none for the first.
  private mutating func unexpected(_ message: String) throws(YAMLError) -> YAMLError {
    YAMLError(.syntax, message, line: try scanner.peek().mark.line)
  }

  // MARK: Nodes

  /// A value with how it stands: a key must be a scalar, a merge a mapping.
  private struct Node {
    var value: JSONValue
    var scalar: (text: String, isPlain: Bool, tag: String)?
    var isAlias = false
  }

  /// Reads a node. In a mapping a sequence may stand at the column of its key, without an indentation of its own.
  private mutating func node(
    isBlock: Bool, allowsIndentless: Bool = false
  ) throws(YAMLError) -> Node {
    let first = try scanner.peek()
    if case .alias(let name) = first.kind {
      _ = try scanner.take()
      return try alias(name)
    }
    var anchor: String?
    var tag = ""
    properties: while true {
      switch try scanner.peek().kind {
      case .anchor(let name) where anchor == nil: anchor = name
      case .tag(let handle, let suffix) where tag.isEmpty: tag = try resolve(handle, suffix)
      default: break properties
      }
      _ = try scanner.take()
    }

    let before = (nodes, text)
    nodes += 1
    if let anchor { open.insert(anchor) }
    let node = try content(isBlock, allowsIndentless, tag: tag, isNamed: anchor != nil || !tag.isEmpty)
    if let anchor {
      open.remove(anchor)
      anchors[anchor] = Anchored(value: node.value, nodes: nodes - before.0, bytes: text - before.1)
    }
    return node
  }

  private mutating func resolve(_ handle: String, _ suffix: String) throws(YAMLError) -> String {
    if handle.isEmpty { return suffix }
    guard let prefix = handles[handle] else { throw try unexpected("found undefined tag handle") }
    return prefix + suffix
  }

  private mutating func alias(_ name: String) throws(YAMLError) -> Node {
    if open.contains(name) { throw YAMLError(.alias, "anchor '\(name)' value contains itself", line: 0) }
    guard let anchored = anchors[name] else {
      throw YAMLError(.alias, "unknown anchor '\(name)' referenced", line: 0)
    }
    nodes += anchored.nodes + 1
    copiedNodes += anchored.nodes
    text += anchored.bytes
    copiedText += anchored.bytes
    let isTooMuch = copiedNodes > 100 && nodes > 1_000 && Double(copiedNodes) / Double(nodes) > allowedShare
    if isTooMuch || copiedText > Self.longestCopies {
      throw YAMLError(.alias, "document contains excessive aliasing", line: 0)
    }
    return Node(value: anchored.value, isAlias: true)
  }

  /// Which part of a document's nodes aliases may make: nearly all of a small document, a tenth of a large one.
  private var allowedShare: Double {
    let low = 400_000.0
    let high = 4_000_000.0
    return 0.99 - 0.89 * min(max((Double(nodes) - low) / (high - low), 0), 1)
  }

  private mutating func content(
    _ isBlock: Bool, _ allowsIndentless: Bool, tag: String, isNamed: Bool
  ) throws(YAMLError) -> Node {
    let next = try scanner.peek()
    switch next.kind {
    case .scalar(let text, let isPlain):
      _ = try scanner.take()
      self.text += text.utf8.count
      let value = try YAMLScalar.value(text, isPlain: isPlain, tag: tag)
      return Node(value: value, scalar: (text, isPlain, tag))
    case .flowSequenceStart: return Node(value: .array(try nested { (r) throws(YAMLError) in try r.flowSequence() }))
    case .flowMappingStart: return Node(value: .object(try nested { (r) throws(YAMLError) in try r.flowMapping() }))
    case .blockEntry where allowsIndentless:
      return Node(value: .array(try nested { (r) throws(YAMLError) in try r.indentlessSequence() }))
    case .blockSequenceStart where isBlock:
      return Node(value: .array(try nested { (r) throws(YAMLError) in try r.blockSequence() }))
    case .blockMappingStart where isBlock:
      return Node(value: .object(try nested { (r) throws(YAMLError) in try r.blockMapping() }))
    default:
      guard isNamed else { throw try unexpected("did not find expected node content") }
      return Node(value: try YAMLScalar.value("", isPlain: true, tag: tag), scalar: ("", true, tag))
    }
  }

  private mutating func nested<Result>(
    _ read: (inout YAMLReader) throws(YAMLError) -> Result
  ) throws(YAMLError) -> Result {
    guard depth < YAMLReader.maximumDepth else {
      throw YAMLError(.tooDeep, "exceeded max depth of \(YAMLReader.maximumDepth)", line: 0)
    }
    depth += 1
    let result = try read(&self)
    depth -= 1
    return result
  }

  /// A node that is not there: null.
  private mutating func missing() -> Node {
    nodes += 1
    return Node(value: .null, scalar: ("", true, ""))
  }

  // MARK: Sequences

  private mutating func blockSequence() throws(YAMLError) -> [JSONValue] {
    _ = try scanner.take()
    var elements: [JSONValue] = []
    while try scanner.peek().kind == .blockEntry {
      _ = try scanner.take()
      switch try scanner.peek().kind {
      case .blockEntry, .blockEnd: elements.append(missing().value)
      default: elements.append(try node(isBlock: true).value)
      }
    }
    guard try scanner.peek().kind == .blockEnd else { throw try unexpected("did not find expected '-' indicator") }
    _ = try scanner.take()
    return elements
  }

  private mutating func indentlessSequence() throws(YAMLError) -> [JSONValue] {
    var elements: [JSONValue] = []
    while try scanner.peek().kind == .blockEntry {
      _ = try scanner.take()
      switch try scanner.peek().kind {
      case .blockEntry, .key, .value, .blockEnd: elements.append(missing().value)
      default: elements.append(try node(isBlock: true).value)
      }
    }
    return elements
  }

  private mutating func flowSequence() throws(YAMLError) -> [JSONValue] {
    _ = try scanner.take()
    var elements: [JSONValue] = []
    while try scanner.peek().kind != .flowSequenceEnd {
      if !elements.isEmpty {
        guard try scanner.peek().kind == .flowEntry else { throw try unexpected("did not find expected ',' or ']'") }
        _ = try scanner.take()
        if try scanner.peek().kind == .flowSequenceEnd { break }
      }
      if try scanner.peek().kind == .key {
        // A mapping of one pair, without braces.
        let line = try scanner.take().mark.line
        var pair = MappingReader(refusesDuplicates)
        let key = try flowNode(endsAt: [.value, .flowEntry, .flowSequenceEnd])
        let value = try flowValue(endsAt: [.flowEntry, .flowSequenceEnd])
        try add(key, value, line, to: &pair)
        nodes += 1
        elements.append(.object(pair.object))
      } else {
        elements.append(try node(isBlock: false).value)
      }
    }
    _ = try scanner.take()
    return elements
  }

  // MARK: Mappings

  private mutating func blockMapping() throws(YAMLError) -> JSONObject {
    _ = try scanner.take()
    var mapping = MappingReader(refusesDuplicates)
    while true {
      var line = try scanner.peek().mark.line
      let key: Node
      switch try scanner.peek().kind {
      case .key:
        _ = try scanner.take()
        line = try scanner.peek().mark.line
        switch try scanner.peek().kind {
        case .key, .value, .blockEnd: key = missing()
        default: key = try node(isBlock: true, allowsIndentless: true)
        }
      case .blockEnd:
        _ = try scanner.take()
        return mapping.object
      default: throw try unexpected("did not find expected key")
      }
      var value = Node(value: .null)
      if try scanner.peek().kind == .value {
        _ = try scanner.take()
        line = try scanner.peek().mark.line
        switch try scanner.peek().kind {
        case .key, .value, .blockEnd: value = missing()
        default: value = try node(isBlock: true, allowsIndentless: true)
        }
      } else {
        value = missing()
      }
      try add(key, value, line, to: &mapping)
    }
  }

  private mutating func flowMapping() throws(YAMLError) -> JSONObject {
    _ = try scanner.take()
    var mapping = MappingReader(refusesDuplicates)
    var isFirst = true
    while try scanner.peek().kind != .flowMappingEnd {
      if !isFirst {
        guard try scanner.peek().kind == .flowEntry else { throw try unexpected("did not find expected ',' or '}'") }
        _ = try scanner.take()
        if try scanner.peek().kind == .flowMappingEnd { break }
      }
      isFirst = false
      let line = try scanner.peek().mark.line
      if try scanner.peek().kind == .key {
        _ = try scanner.take()
        let key = try flowNode(endsAt: [.value, .flowEntry, .flowMappingEnd])
        try add(key, try flowValue(endsAt: [.flowEntry, .flowMappingEnd]), line, to: &mapping)
      } else {
        // A key alone.
        try add(try node(isBlock: false), missing(), line, to: &mapping)
      }
    }
    _ = try scanner.take()
    return mapping.object
  }

  private mutating func flowNode(endsAt ends: [YAMLToken.Kind]) throws(YAMLError) -> Node {
    ends.contains(try scanner.peek().kind) ? missing() : try node(isBlock: false)
  }

  private mutating func flowValue(endsAt ends: [YAMLToken.Kind]) throws(YAMLError) -> Node {
    guard try scanner.peek().kind == .value else { return missing() }
    _ = try scanner.take()
    return try flowNode(endsAt: ends)
  }

  private mutating func add(
    _ key: Node, _ value: Node, _ line: Int, to mapping: inout MappingReader
  ) throws(YAMLError) {
    // In the order in which values end.
    let told = mapping.duplicates.count
    defer { duplicates += mapping.duplicates[told...] }
    if let scalar = key.scalar, scalar.text == "<<",
      scalar.isPlain && scalar.tag.isEmpty || scalar.tag == "tag:yaml.org,2002:merge"
    {
      try mapping.merge(value.value, line: line)
    } else {
      try mapping.set(try YAMLScalar.key(key.value, key.scalar?.text), value.value, line: line)
    }
  }
}

/// Collects the pairs of a mapping.
private struct MappingReader {
  var object = JSONObject()
  var duplicates: [String] = []
  private let refusesDuplicates: Bool

  init(_ refusesDuplicates: Bool) { self.refusesDuplicates = refusesDuplicates }

  mutating func set(_ key: String, _ value: JSONValue, line: Int) throws(YAMLError) {
    if object.put(key, value), refusesDuplicates, duplicates.count < 100 {
      duplicates.append("line \(line + 1): key \(key.goQuoted) already set in map")
    }
  }

  /// Takes over the pairs of a mapping, or of several of which the first counts most. Like Go's package, what stood
  /// before gives way.
  mutating func merge(_ value: JSONValue, line: Int) throws(YAMLError) {
    switch value {
    case .object(let other):
      for (key, value) in other { try set(key, value, line: line) }
    case .array(let others):
      for other in others.reversed() {
        guard other.objectValue != nil else { throw Self.notMapping(line) }
        try merge(other, line: line)
      }
    default: throw Self.notMapping(line)
    }
  }

  private static func notMapping(_ line: Int) -> YAMLError {
    YAMLError(.value, "map merge requires map or sequence of maps as the value", line: 0)
  }
}

extension JSONValue {
  /// Reads the first document of a YAML text; see `YAMLReader`.
  public init(yaml bytes: [UInt8], strict: Bool = false) throws(YAMLError) {
    self = try YAMLReader.value(of: bytes, strict: strict)
  }
}
