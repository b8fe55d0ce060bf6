/// A message that can be sent.
public protocol ProtobufEncodable: Sendable {
  func encode(to message: inout ProtobufMessage)
}

extension ProtobufEncodable {
  /// The message's bytes.
  public var encoded: [UInt8] {
    var message = ProtobufMessage()
    encode(to: &message)
    return message.bytes
  }
}

/// A message that can be received: fields that it does not know are passed over.
public protocol ProtobufDecodable: Sendable {
  init()
  mutating func take(_ field: ProtobufField) throws(ProtobufFault)
}

extension ProtobufDecodable {
  /// - Parameter range: where the message is; all of the bytes unless told.
  public init(decoding bytes: [UInt8], _ range: Range<Int>? = nil) throws(ProtobufFault) {
    self.init()
    var reader = ProtobufReader(bytes, range)
    while let field = try reader.next() { try take(field) }
  }
}

/// Fields of typed messages. One that holds its type's default is left out, as proto3 wants it.
extension ProtobufMessage {
  /// A number of 64 bits, or an enumeration.
  public mutating func write(_ field: Int, _ value: Int64) { if value != 0 { append(field, value) } }

  /// A truth value.
  public mutating func write(_ field: Int, _ value: Bool) { if value { append(field, value) } }

  /// Bytes.
  public mutating func write(_ field: Int, _ bytes: [UInt8]) { if !bytes.isEmpty { append(field, bytes) } }

  /// A text.
  public mutating func write(_ field: Int, _ text: String) { if !text.isEmpty { append(field, text) } }

  /// A message within this one; an empty one is there too.
  public mutating func write(_ field: Int, _ message: some ProtobufEncodable) {
    append(field) { message.encode(to: &$0) }
  }

  /// Messages within this one, each as a field of its own.
  public mutating func write(_ field: Int, _ messages: [some ProtobufEncodable]) {
    for message in messages { write(field, message) }
  }
}
