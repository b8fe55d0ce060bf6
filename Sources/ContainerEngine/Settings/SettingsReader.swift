import FoundationEssentials

/// Brings flags and the configuration file together, with dockerd's rules: what the file does not know is refused by
/// name, and nothing may be said twice.
struct SettingsReader {
  private var values: [String: SettingsValue] = [:]

  /// - Parameters:
  ///   - flags: values by the flag's name without dashes.
  ///   - file: the bytes of a daemon.json.
  init(flags: [String: [String]], file: [UInt8]?) throws(SettingsError) {
    var fromFlags: [String: SettingsValue] = [:]
    for (flag, texts) in flags where !texts.isEmpty {
      guard let directive = Directive.byFlag[flag] else { throw SettingsError(.unknown, "unknown flag: --\(flag)") }
      fromFlags[directive.name] = try directive.value(ofFlag: texts)
    }
    let fromFile = try file.map { (bytes) throws(SettingsError) in try Self.parse(bytes) } ?? [:]
    let conflicts = fromFlags.keys.filter { fromFile[$0] != nil }.sorted().map { name in
      "\(name): (from flag: \(fromFlags[name] ?? .null), from file: \(fromFile[name] ?? .null))"
    }
    guard conflicts.isEmpty else {
      throw SettingsError(
        .conflict,
        "the following directives are specified both as a flag and in the configuration file: "
          + conflicts.joined(separator: ", "))
    }
    values = fromFlags.merging(fromFile) { flag, _ in flag }
  }

  private static func parse(_ bytes: [UInt8]) throws(SettingsError) -> [String: SettingsValue] {
    // dockerd takes an empty file for an empty object.
    if bytes.allSatisfy({ [0x20, 0x09, 0x0A, 0x0D].contains($0) }) { return [:] }
    let root: SettingsValue
    do {
      root = try JSONDecoder().decode(SettingsValue.self, from: Data(bytes))
    } catch {
      throw SettingsError(.syntax, "invalid JSON: \(reason(error))", cause: error)
    }
    guard case .object(let object) = root else { throw SettingsError(.syntax, "invalid JSON: it must be an object") }
    let unknown = object.keys.filter { Directive.byKey[$0] == nil }.sorted()
    guard unknown.isEmpty else {
      throw SettingsError(
        .unknown, "the following directives don't match any configuration option: \(unknown.joined(separator: ", "))")
    }
    return object.filter { $0.value != .null }
  }

  private static func reason(_ error: any Error) -> String {
    guard let error = error as? DecodingError, case .dataCorrupted(let context) = error else { return "\(error)" }
    return context.underlyingError.map { "\($0)" } ?? context.debugDescription
  }

  /// Whether anything was said of it.
  func has(_ name: String) -> Bool { values[name].map { $0 != .string("") } ?? false }

  // MARK: Typed values

  func string(_ name: String) throws(SettingsError) -> String? {
    switch values[name] {
    case nil: return nil
    case .string(let text): return text
    case let other?: throw wrong(name, other, "a string")
    }
  }

  func integer(_ name: String, in range: ClosedRange<Int64>) throws(SettingsError) -> Int? {
    switch values[name] {
    case nil: return nil
    case .integer(let number) where range.contains(number): return Int(number)
    case let other?: throw wrong(name, other, "a number from \(range.lowerBound) to \(range.upperBound)")
    }
  }

  func boolean(_ name: String) throws(SettingsError) -> Bool? {
    switch values[name] {
    case nil: return nil
    case .boolean(let value): return value
    case let other?: throw wrong(name, other, "true or false")
    }
  }

  func list(_ name: String) throws(SettingsError) -> [String] {
    switch values[name] {
    case nil: return []
    case .array(let elements):
      var texts: [String] = []
      for element in elements {
        guard case .string(let text) = element else { throw wrong(name, element, "a list of strings") }
        texts.append(text)
      }
      return texts
    case let other?: throw wrong(name, other, "a list of strings")
    }
  }

  func map(_ name: String) throws(SettingsError) -> [String: String] {
    switch values[name] {
    case nil: return [:]
    case .object(let object):
      var result: [String: String] = [:]
      for (key, value) in object {
        guard case .string(let text) = value else { throw wrong("\(name).\(key)", value, "a string") }
        result[key] = text
      }
      return result
    case let other?: throw wrong(name, other, "an object of strings")
    }
  }

  /// An object of objects of strings.
  func maps(_ name: String) throws(SettingsError) -> [String: [String: String]] {
    var result: [String: [String: String]] = [:]
    for object in try objects(name) {
      var fields: [String: String] = [:]
      for (key, value) in object.fields {
        guard case .string(let text) = value, !object.name.isEmpty else {
          throw wrong("\(name).\(object.name).\(key)", value, "a string")
        }
        fields[key] = text
      }
      result[object.name] = fields
    }
    return result
  }

  func objects(_ name: String) throws(SettingsError) -> [(name: String, fields: [String: SettingsValue])] {
    var result: [(name: String, fields: [String: SettingsValue])] = []
    switch values[name] {
    case nil: break
    case .object(let object):
      for (key, value) in object.sorted(by: { $0.key < $1.key }) {
        guard case .object(let fields) = value else { throw wrong("\(name).\(key)", value, "an object") }
        result.append((key, fields))
      }
    case .array(let elements):
      for element in elements {
        guard case .object(let fields) = element else { throw wrong(name, element, "a list of objects") }
        result.append(("", fields))
      }
    case let other?: throw wrong(name, other, "objects")
    }
    return result
  }

  /// Bytes: a number, or a number with one of the units b, k, m, g, t (powers of 1024), as docker reads sizes.
  func size(_ name: String) throws(SettingsError) -> Int64? {
    switch values[name] {
    case nil: return nil
    case .integer(let number) where number >= 0: return number
    case .string(let text):
      guard let size = Self.bytes(text) else { throw wrong(name, .string(text), "a size such as 64m") }
      return size
    case let other?: throw wrong(name, other, "a size such as 64m")
    }
  }

  static func bytes(_ text: String) -> Int64? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int64(digits) else { return nil }
    var unit = text[digits.endIndex...].lowercased()
    if unit.hasSuffix("ib") { unit.removeLast(2) } else if unit.count == 2, unit.hasSuffix("b") { unit.removeLast() }
    let shift: Int64
    switch unit {
    case "", "b": shift = 0
    case "k": shift = 10
    case "m": shift = 20
    case "g": shift = 30
    case "t": shift = 40
    default: return nil
    }
    let (size, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
    return overflow ? nil : size
  }

  func wrong(_ name: String, _ value: SettingsValue, _ expected: String) -> SettingsError {
    SettingsError(.invalid, "invalid value \"\(value)\" for \(name): it must be \(expected)")
  }
}
