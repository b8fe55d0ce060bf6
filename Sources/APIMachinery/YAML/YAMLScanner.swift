/// Makes tokens of a YAML text (YAML 1.1, as libyaml and its translations read it).
///
/// A key is often known for one only at the colon behind it, so a token can be put before others that were made
/// already: tokens wait in a queue while one of them can still turn out to begin a key.
struct YAMLScanner {
  /// A token that begins a key if a colon follows on its line.
  private struct PossibleKey {
    /// Counted over the whole text.
    let token: Int
    let mark: YAMLMark
    /// Whether nothing but a key can stand there.
    let isRequired: Bool
  }

  /// How far before its colon a key may begin, in bytes.
  private static let longestKey = 1_024

  let bytes: [UInt8]
  var mark = YAMLMark()
  private var queue: [YAMLToken] = []
  /// How many tokens of the queue were taken, and how many before them.
  private var queueStart = 0
  private var taken = 0

  /// The column of the innermost block collection; -1 outside of all.
  private(set) var indent = -1
  private var indents: [Int] = []
  private(set) var flowLevel = 0
  /// One for each level of flow collections, and one for the block around them.
  private var possibleKeys: [PossibleKey?] = [nil]
  /// Levels of possible keys by the number of their token.
  private var levels: [Int: Int] = [:]
  var allowsKey = true

  init(_ text: [UInt8]) throws(YAMLError) {
    bytes = text
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { mark.index = 3 }
    try Self.check(text)
  }

  /// The text must be UTF-8 and have no control characters.
  private static func check(_ text: [UInt8]) throws(YAMLError) {
    if text.starts(with: [0xFF, 0xFE]) || text.starts(with: [0xFE, 0xFF]) {
      throw YAMLError(.encoding, "UTF-16 is not supported: the text must be UTF-8", line: 0)
    }
    var line = 1
    var isASCII = true
    for byte in text {
      if byte == 0x0A { line += 1 }
      if byte < 0x20, byte != 0x09, byte != 0x0A, byte != 0x0D { throw controlCharacter }
      if byte == 0x7F { throw controlCharacter }
      if byte >= 0x80 { isASCII = false }
    }
    if isASCII { return }
    guard let string = String(validating: text, as: UTF8.self) else {
      throw YAMLError(.encoding, "invalid UTF-8", line: 0)
    }
    for scalar in string.unicodeScalars {
      switch scalar.value {
      case 0x80...0x84, 0x86...0x9F, 0xFFFE, 0xFFFF: throw controlCharacter
      default: break
      }
    }
  }

  private static let controlCharacter = YAMLError(.encoding, "control characters are not allowed", line: 0)

  /// What is wrong at the scanner's place; Go tells the line unless it is the first.
  func problem(_ message: String) -> YAMLError {
    YAMLError(.syntax, message, line: mark.line == 0 ? 0 : mark.line + 1)
  }

  // MARK: Tokens

  mutating func peek() throws(YAMLError) -> YAMLToken {
    while try needsMore() { try fetch() }
    return queue[queueStart]
  }

  mutating func take() throws(YAMLError) -> YAMLToken {
    let token = try peek()
    queueStart += 1
    taken += 1
    if queueStart > 64 {
      queue.removeFirst(queueStart)
      queueStart = 0
    }
    return token
  }

  private mutating func needsMore() throws(YAMLError) -> Bool {
    if queueStart == queue.count { return true }
    guard let level = levels[taken], let key = possibleKeys[level] else { return false }
    if try isValid(key) { return true }
    possibleKeys[level] = nil
    levels[taken] = nil
    return false
  }

  private func token(_ kind: YAMLToken.Kind) -> YAMLToken { YAMLToken(kind: kind, mark: mark) }

  private mutating func append(_ kind: YAMLToken.Kind) { queue.append(token(kind)) }

  private mutating func fetch() throws(YAMLError) {
    skipToToken()
    try unroll(to: mark.column)
    guard let byte = byte(0) else {
      try fetchEnd()
      return
    }
    if mark.column == 0 {
      if byte == UInt8(ascii: "%") {
        try fetchDirective()
        return
      }
      if isDocumentMark("-") {
        try fetchDocumentMark(.documentStart)
        return
      }
      if isDocumentMark(".") {
        try fetchDocumentMark(.documentEnd)
        return
      }
    }
    let isInFlow = flowLevel > 0
    switch byte {
    case UInt8(ascii: "["): try fetchFlowStart(.flowSequenceStart)
    case UInt8(ascii: "{"): try fetchFlowStart(.flowMappingStart)
    case UInt8(ascii: "]"): try fetchFlowEnd(.flowSequenceEnd)
    case UInt8(ascii: "}"): try fetchFlowEnd(.flowMappingEnd)
    case UInt8(ascii: ","): try fetchFlowEntry()
    case UInt8(ascii: "-") where isBlankOrEnd(1): try fetchBlockEntry()
    case UInt8(ascii: "?") where isInFlow || isBlankOrEnd(1): try fetchKey()
    case UInt8(ascii: ":") where isInFlow || isBlankOrEnd(1): try fetchValue()
    case UInt8(ascii: "*"), UInt8(ascii: "&"):
      try saveKey()
      allowsKey = false
      try fetchAnchor(isAlias: byte == UInt8(ascii: "*"))
    case UInt8(ascii: "!"):
      try saveKey()
      allowsKey = false
      let start = mark
      let (handle, suffix) = try scanTag()
      queue.append(YAMLToken(kind: .tag(handle: handle, suffix: suffix), mark: start))
    case UInt8(ascii: "|") where !isInFlow, UInt8(ascii: ">") where !isInFlow:
      try removeKey()
      allowsKey = true
      try fetchScalar(isPlain: false) { (scanner) throws(YAMLError) in
        try scanner.scanBlock(isLiteral: byte == UInt8(ascii: "|"))
      }
    case UInt8(ascii: "'"), UInt8(ascii: "\""):
      try saveKey()
      allowsKey = false
      try fetchScalar(isPlain: false) { (scanner) throws(YAMLError) in
        try scanner.scanQuoted(isSingle: byte == UInt8(ascii: "'"))
      }
    default:
      guard beginsPlain(byte) else { throw problem("found character that cannot start any token") }
      try saveKey()
      allowsKey = false
      try fetchScalar(isPlain: true) { (scanner) throws(YAMLError) in try scanner.scanPlain() }
    }
  }

  private func beginsPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "-"): !isBlank(1)
    case UInt8(ascii: "?"), UInt8(ascii: ":"): flowLevel == 0 && !isBlankOrEnd(1)
    default: !isBlankOrEnd(0) && !",[]{}#&*!|>'\"%@`".utf8.contains(byte)
    }
  }

  private mutating func fetchScalar(
    isPlain: Bool, _ scan: (inout YAMLScanner) throws(YAMLError) -> String
  ) throws(YAMLError) {
    let start = mark
    let text = try scan(&self)
    queue.append(YAMLToken(kind: .scalar(text, isPlain: isPlain), mark: start))
  }

  private mutating func fetchEnd() throws(YAMLError) {
    if mark.column != 0 {
      mark.column = 0
      mark.line += 1
    }
    try unroll(to: -1)
    try removeKey()
    allowsKey = false
    append(.streamEnd)
  }

  private mutating func fetchDirective() throws(YAMLError) {
    try unroll(to: -1)
    try removeKey()
    allowsKey = false
    let start = mark
    queue.append(YAMLToken(kind: try scanDirective(), mark: start))
  }

  private mutating func fetchDocumentMark(_ kind: YAMLToken.Kind) throws(YAMLError) {
    try unroll(to: -1)
    try removeKey()
    allowsKey = false
    append(kind)
    advance(3)
  }

  private mutating func fetchFlowStart(_ kind: YAMLToken.Kind) throws(YAMLError) {
    try saveKey()
    flowLevel += 1
    guard flowLevel <= YAMLReader.maximumDepth else { throw tooDeep }
    possibleKeys.append(nil)
    allowsKey = true
    append(kind)
    advance()
  }

  private mutating func fetchFlowEnd(_ kind: YAMLToken.Kind) throws(YAMLError) {
    try removeKey()
    if flowLevel > 0 {
      flowLevel -= 1
      possibleKeys.removeLast()
    }
    allowsKey = false
    append(kind)
    advance()
  }

  private mutating func fetchFlowEntry() throws(YAMLError) {
    try removeKey()
    allowsKey = true
    append(.flowEntry)
    advance()
  }

  private mutating func fetchBlockEntry() throws(YAMLError) {
    if flowLevel == 0 {
      guard allowsKey else { throw problem("block sequence entries are not allowed in this context") }
      try roll(to: mark.column, .blockSequenceStart, at: nil, mark)
    }
    try removeKey()
    allowsKey = true
    append(.blockEntry)
    advance()
  }

  private mutating func fetchKey() throws(YAMLError) {
    if flowLevel == 0 {
      guard allowsKey else { throw problem("mapping keys are not allowed in this context") }
      try roll(to: mark.column, .blockMappingStart, at: nil, mark)
    }
    try removeKey()
    allowsKey = flowLevel == 0
    append(.key)
    advance()
  }

  private mutating func fetchValue() throws(YAMLError) {
    if let key = possibleKeys[flowLevel], try isValid(key) {
      queue.insert(YAMLToken(kind: .key, mark: key.mark), at: key.token - taken + queueStart)
      try roll(to: key.mark.column, .blockMappingStart, at: key.token, key.mark)
      possibleKeys[flowLevel] = nil
      levels[key.token] = nil
      allowsKey = false
    } else {
      if flowLevel == 0 {
        guard allowsKey else { throw problem("mapping values are not allowed in this context") }
        try roll(to: mark.column, .blockMappingStart, at: nil, mark)
      }
      allowsKey = flowLevel == 0
    }
    append(.value)
    advance()
  }

  private mutating func fetchAnchor(isAlias: Bool) throws(YAMLError) {
    let start = mark
    advance()
    let name = scanWord()
    let ends = isBlankOrEnd(0) || byte(0).map { "?:,]}%@`".utf8.contains($0) } ?? true
    guard !name.isEmpty, ends else {
      throw problem("did not find expected alphabetic or numeric character")
    }
    queue.append(YAMLToken(kind: isAlias ? .alias(name) : .anchor(name), mark: start))
  }

  // MARK: Keys and indentation

  /// Whether the key can still be one: its colon must be on its line and near.
  private func isValid(_ key: PossibleKey) throws(YAMLError) -> Bool {
    if key.mark.line == mark.line, mark.index - key.mark.index <= Self.longestKey { return true }
    if key.isRequired { throw problem("could not find expected ':'") }
    return false
  }

  private mutating func saveKey() throws(YAMLError) {
    guard allowsKey else { return }
    let isRequired = flowLevel == 0 && indent == mark.column
    try removeKey()
    let number = taken + queue.count - queueStart
    possibleKeys[flowLevel] = PossibleKey(token: number, mark: mark, isRequired: isRequired)
    levels[number] = flowLevel
  }

  private mutating func removeKey() throws(YAMLError) {
    guard let key = possibleKeys[flowLevel] else { return }
    if key.isRequired { throw problem("could not find expected ':'") }
    possibleKeys[flowLevel] = nil
    levels[key.token] = nil
  }

  private var tooDeep: YAMLError {
    YAMLError(.tooDeep, "exceeded max depth of \(YAMLReader.maximumDepth)", line: mark.line + 1)
  }

  /// Opens a block collection where the column is deeper than all that are open.
  private mutating func roll(
    to column: Int, _ kind: YAMLToken.Kind, at number: Int?, _ mark: YAMLMark
  ) throws(YAMLError) {
    guard flowLevel == 0, indent < column else { return }
    indents.append(indent)
    indent = column
    guard indents.count <= YAMLReader.maximumDepth else { throw tooDeep }
    queue.insert(
      YAMLToken(kind: kind, mark: mark), at: number.map { $0 - taken + queueStart } ?? queue.count)
  }

  /// Closes the block collections that are deeper than a column.
  private mutating func unroll(to column: Int) throws(YAMLError) {
    guard flowLevel == 0 else { return }
    while indent > column, let outer = indents.popLast() {
      append(.blockEnd)
      indent = outer
    }
  }

  // MARK: Space

  private mutating func skipToToken() {
    while true {
      while byte(0) == 0x20 || ((flowLevel > 0 || !allowsKey) && byte(0) == 0x09) { advance() }
      if byte(0) == UInt8(ascii: "#") { skipComment() }
      guard isBreak(0) else { return }
      skipLine()
      if flowLevel == 0 { allowsKey = true }
    }
  }

  mutating func skipComment() {
    while byte(0) != nil, !isBreak(0) { advance() }
  }
}
