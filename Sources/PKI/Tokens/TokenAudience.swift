/// The `aud` claim: one string or several (RFC 7519, section 4.1.3).
struct TokenAudience: Codable {
  let values: [String]

  init(_ values: [String]) { self.values = values }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let one = try? container.decode(String.self) {
      values = [one]
    } else {
      values = try container.decode([String].self)
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(values)
  }
}

/// A time in a claim: seconds since 1970, with a fraction where the issuer likes it (RFC 7519, section 2).
struct NumericDate: Codable {
  let seconds: Int64

  init(_ seconds: Int64) { self.seconds = seconds }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let whole = try? container.decode(Int64.self) {
      seconds = whole
    } else {
      let number = try container.decode(Double.self)
      guard let whole = Int64(exactly: number.rounded(.down)) else {
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(number) is no time")
      }
      seconds = whole
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(seconds)
  }
}
