/// The value of a directive: what JSON can say. Flags are turned into the same, so that one path checks both.
public enum SettingsValue: Sendable, Equatable, Decodable, CustomStringConvertible {
  case null
  case boolean(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([SettingsValue])
  case object([String: SettingsValue])

  public init(from decoder: any Decoder) throws {
    let single = try decoder.singleValueContainer()
    if single.decodeNil() {
      self = .null
    } else if let value = try? single.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? single.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? single.decode(Double.self) {
      self = .number(value)
    } else if let value = try? single.decode(String.self) {
      self = .string(value)
    } else if let value = try? single.decode([SettingsValue].self) {
      self = .array(value)
    } else {
      self = .object(try single.decode([String: SettingsValue].self))
    }
  }

  /// As Go prints it (`%v`): dockerd's message about a conflict shows both values so.
  public var description: String {
    switch self {
    case .null: "<nil>"
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): value
    case .array(let values): "[\(values.map(\.description).joined(separator: " "))]"
    case .object(let values):
      "map[\(values.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }.joined(separator: " "))]"
    }
  }
}
