/// Fills ``JSONCodable`` values from a parsed text. Like Go's decoder it goes on after a mismatch and reports the first.
public struct JSONReader: JSONFieldVisitor {
  private struct Frame {
    var members: [JSONMember]
    var structName: String
    var next = 0
  }

  private var frames: [Frame] = []
  private var path: [String] = []

  /// The first mismatch.
  public private(set) var failure: JSONError?

  /// Makes a reader.
  public init() {}

  mutating func enter(_ members: [JSONMember], structName: String) {
    frames.append(Frame(members: members, structName: structName))
  }

  mutating func leave() {
    frames.removeLast()
  }

  public mutating func callAsFunction<Value: JSONCodable>(
    _ name: String, _ value: inout Value, _ presence: JSONPresence
  ) {
    guard let found = take(name) else { return }
    path.append(name)
    value.readJSON(found, &self)
    path.removeLast()
  }

  public mutating func embedded<Value: JSONObject>(_ name: String, _ value: inout Value) {
    path.append(name)
    value.visitFields(&self)
    path.removeLast()
  }

  /// The member of that name. Clients written in Go send the fields in our order, so the search starts where the last ended.
  private mutating func take(_ name: String) -> JSONValue? {
    let top = frames.count - 1
    let members = frames[top].members
    let start = frames[top].next
    for index in [start..<members.count, 0..<start].joined() where members[index].name == name {
      frames[top].next = index + 1
      return members[index].value
    }
    return members.last { Self.equalIgnoringCase($0.name, name) }?.value
  }

  private static func equalIgnoringCase(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count
      && left.utf8.elementsEqual(right.utf8) { one, other in lower(one) == lower(other) }
  }

  private static func lower(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }

  /// Notes that a value does not fit a type, in Go's words.
  public mutating func mismatch(_ value: JSONValue, _ type: String, quoting number: String? = nil) {
    var text = "json: cannot unmarshal \(value.goDescription)"
    if let number { text += " \(number)" }
    if let frame = frames.last {
      text += " into Go struct field \(frame.structName).\(path.joined(separator: ".")) of type \(type)"
    } else {
      text += " into Go value of type \(type)"
    }
    fail(text)
  }

  /// Notes any other complaint about a value.
  public mutating func fail(_ message: String) {
    if failure == nil { failure = JSONError(.mismatch, message) }
  }
}
