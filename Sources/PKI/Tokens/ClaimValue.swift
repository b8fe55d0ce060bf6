/// The value of a claim that nobody has fixed the type of.
public enum ClaimValue: Sendable, Equatable, Decodable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([ClaimValue])
  case object([String: ClaimValue])

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([ClaimValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: ClaimValue].self))
    }
  }

  public var string: String? {
    if case .string(let value) = self { return value }
    return nil
  }

  public var bool: Bool? {
    if case .bool(let value) = self { return value }
    return nil
  }

  /// A list of strings, or one string, as `groups` claims are written.
  public var strings: [String]? {
    switch self {
    case .string(let value): return [value]
    case .array(let values):
      let strings = values.compactMap(\.string)
      return strings.count == values.count ? strings : nil
    default: return nil
    }
  }
}
