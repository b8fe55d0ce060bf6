/// Writes a message, with names compressed, into a buffer that can be used again.
struct WireWriter {
  private(set) var bytes: [UInt8] = []
  /// Where the message begins: behind the length that TCP wants in front.
  private var start = 0
  /// The most bytes that the message may have.
  private var limit = Self.largest
  private var names = NameTable()
  /// The name behind the header; most answers are about it.
  private var questionName: DomainName?
  private var isQuestionKnown = false

  /// The largest message over TCP (RFC 1035, section 4.2.2).
  static let largest = 65535
  private static let pointerToQuestion: UInt16 = 0xC000 | UInt16(Header.size)

  /// Bytes of the message so far.
  var size: Int { bytes.count - start }

  /// Starts a new message: its header with all counts zero.
  /// - Parameter framed: leaves room for TCP's length, which `finish` fills in.
  mutating func begin(_ header: Header, framed: Bool = false, limit: Int = Self.largest) {
    bytes.removeAll(keepingCapacity: true)
    names.reset()
    questionName = nil
    isQuestionKnown = false
    if framed { u16(0) }
    start = bytes.count
    self.limit = min(limit, Self.largest)
    u16(header.id)
    u16(header.flags.rawValue)
    for _ in 0..<4 { u16(0) }
  }

  /// Ends the message.
  mutating func finish() {
    if start == 2 { patch(UInt16(size), at: 0) }
  }

  /// Sets the flags of a message that is already under way.
  mutating func setFlags(_ flags: HeaderFlags) { patch(flags.rawValue, at: start + 2) }

  /// Sets one of the four counts.
  mutating func setCount(_ section: Section, _ count: Int) {
    patch(UInt16(truncatingIfNeeded: count), at: start + section.rawValue)
  }

  /// One of the four counts as it stands.
  func count(_ section: Section) -> Int {
    Int(bytes[start + section.rawValue]) << 8 | Int(bytes[start + section.rawValue + 1])
  }

  /// The sections, each by where its count is in the header.
  enum Section: Int {
    case questions = 4
    case answers = 6
    case authorities = 8
    case additionals = 10
  }

  /// Overwrites a number at an offset of `bytes`.
  mutating func patch(_ value: UInt16, at offset: Int) {
    bytes[offset] = UInt8(truncatingIfNeeded: value >> 8)
    bytes[offset + 1] = UInt8(truncatingIfNeeded: value)
  }

  mutating func u8(_ value: UInt8) { bytes.append(value) }

  mutating func u16(_ value: UInt16) {
    bytes.append(UInt8(truncatingIfNeeded: value >> 8))
    bytes.append(UInt8(truncatingIfNeeded: value))
  }

  mutating func u32(_ value: UInt32) {
    u16(UInt16(truncatingIfNeeded: value >> 16))
    u16(UInt16(truncatingIfNeeded: value))
  }

  mutating func append(_ more: some Collection<UInt8>) { bytes.append(contentsOf: more) }

  /// Writes the question of a response as it stands in its query, capitals and all.
  mutating func copyQuestion(_ question: Question, from query: [UInt8], to end: Int) {
    bytes.append(contentsOf: query[Header.size..<end])
    questionName = question.name
    setCount(.questions, 1)
  }

  /// Writes a question. False, with nothing written, where it does not fit.
  mutating func question(_ question: Question) -> Bool {
    let mark = bytes.count
    name(question.name)
    u16(question.type.rawValue)
    u16(question.recordClass.rawValue)
    return keep(from: mark, reserving: 0)
  }

  /// False where what was written since `mark` does not fit; then it is gone, and with it all knowledge of names: some
  /// may have been in it.
  mutating func keep(from mark: Int, reserving reserve: Int) -> Bool {
    if size + reserve <= limit { return true }
    bytes.removeLast(bytes.count - mark)
    names.reset()
    isQuestionKnown = false
    return false
  }

  /// Writes a name, or the part of it that is not in the message yet and a pointer to the rest.
  mutating func name(_ name: DomainName) {
    let wire = name.wire
    if let questionName {
      if wire == questionName.wire, wire.count > 1 { return u16(Self.pointerToQuestion) }
      if !isQuestionKnown {
        isQuestionKnown = true
        note(questionName.wire, until: questionName.wire.count, at: Header.size)
      }
    }
    let position = size
    var index = 0
    while wire[index] != 0 {
      if let offset = names.find(wire, from: index, in: bytes, start: start) {
        bytes.append(contentsOf: wire[..<index])
        note(wire, until: index, at: position)
        return u16(0xC000 | UInt16(offset))
      }
      index += 1 + Int(wire[index])
    }
    bytes.append(contentsOf: wire)
    note(wire, until: index, at: position)
  }

  /// Writes a name in full, where the type forbids pointers (RFC 3597, section 4).
  mutating func plainName(_ name: DomainName) { bytes.append(contentsOf: name.wire) }

  /// Notes the labels that were written at `offset`, and with each what follows it.
  private mutating func note(_ wire: [UInt8], until end: Int, at offset: Int) {
    var index = 0
    while index < end, wire[index] != 0 {
      names.insert(wire, from: index, at: offset + index)
      index += 1 + Int(wire[index])
    }
  }
}
