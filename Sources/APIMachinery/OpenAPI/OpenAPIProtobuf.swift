import Protobuf

/// A document in the form of protobuf that gnostic has for its version. Clients written in Go ask for it.
///
/// What stands for any value there is text in YAML, of which JSON is a part.
struct OpenAPIProtobuf {
  /// The members that each message has.
  typealias Messages = [MessageName: [String: Field]]

  private let messages: Messages
  /// Members that the form has no place for.
  private(set) var unplaced: Set<String> = []

  init(_ messages: Messages) { self.messages = messages }

  static func bytes(of document: JSONValue, _ messages: Messages) -> [UInt8] {
    var writer = OpenAPIProtobuf(messages)
    return writer.message(document, .document).bytes
  }

  mutating func message(_ value: JSONValue, _ name: MessageName) -> ProtobufMessage {
    var message = ProtobufMessage()
    guard case .object(let object) = value else { return message }
    let fields = messages[name] ?? [:]
    for (member, value) in object {
      if let field = fields[member] {
        append(value, field.form, at: field.number, to: &message, member)
      } else if member.hasPrefix("x-"), let field = fields["x-"] {
        append(.object([member: value]), field.form, at: field.number, to: &message, member)
      } else {
        unplaced.insert(member)
      }
    }
    return message
  }

  private mutating func append(
    _ value: JSONValue, _ form: Form, at number: Int, to message: inout ProtobufMessage,
    _ member: String
  ) {
    switch form {
    case .text: if let text = value.stringValue { message.append(number, text) }
    case .flag: if let flag = value.boolValue { message.append(number, flag) }
    case .whole: if case .integer(let whole) = value { message.append(number, whole) }
    case .number:
      switch value {
      case .integer(let whole): message.append(number, Double(whole))
      case .double(let double): message.append(number, double)
      default: break
      }
    case .any:
      var any = ProtobufMessage()
      any.append(2, value.yamlText())
      message.append(number, any)
    case .message(let name): message.append(number, self.message(value, name))
    case .list(let item):
      for value in value.arrayValue ?? [value] {
        append(value, item, at: number, to: &message, member)
      }
    case .named(let item):
      guard case .object(let object) = value else { return }
      for (name, value) in object {
        var pair = ProtobufMessage()
        pair.append(1, name)
        append(value, item, at: 2, to: &pair, member)
        message.append(number, pair)
      }
    case .within(let inner, let form):
      var wrapped = ProtobufMessage()
      append(value, form, at: inner, to: &wrapped, member)
      message.append(number, wrapped)
    case .oneOf(let choose):
      guard let choice = choose(value) else {
        unplaced.insert(member)
        return
      }
      append(value, .within(choice.number, choice.form), at: number, to: &message, member)
    }
  }

  // MARK: Messages

  enum MessageName {
    case document, info, securityScheme, pathItem, operation, response, bodyParameter, queryParameter, pathParameter
    case reference, schema, externalDocumentation
    case components, parameter, requestBody, mediaType
  }

  /// How a member is written.
  indirect enum Form: Sendable {
    case text, flag, whole, number
    /// A value of any kind.
    case any
    case message(MessageName)
    /// A field that is repeated.
    case list(Form)
    /// The members of an object: a field that is repeated, of pairs of a name (1) and a value (2).
    case named(Form)
    /// A message that has but one field.
    case within(Int, Form)
    /// A message that has one of several fields; the value says which, or that none of them is for it.
    case oneOf(@Sendable (JSONValue) -> Field?)
  }

  struct Field: Sendable {
    let number: Int
    let form: Form

    init(_ number: Int, _ form: Form) {
      self.number = number
      self.form = form
    }
  }

  static let extensions = Form.named(.any)
}
