extension FieldManager {
  /// How long a manager's name may be, in bytes.
  public static let longestName = 128

  /// The manager of a request that names none: what stands before the first slash of the header `User-Agent`.
  public static func managerName(userAgent: String) -> String {
    let first = userAgent.utf8.prefix { $0 != UInt8(ascii: "/") }
    // As names of clients mostly are.
    if first.count <= longestName, first.allSatisfy({ (0x20..<0x7F).contains($0) }) {
      return String(userAgent[..<first.endIndex])
    }
    var name = String.UnicodeScalarView()
    var length = 0
    for scalar in userAgent[..<first.endIndex].unicodeScalars where scalar.isGoPrintable {
      length += UTF8.width(scalar)
      guard length <= longestName else { break }
      name.append(scalar)
    }
    return String(name)
  }

  /// What is wrong with a manager's name; an empty one is nothing said.
  public static func nameErrors(_ name: String, at path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    if name.utf8.count > longestName { errors.append(.tooLong(path, maximumBytes: longestName)) }
    var position = 0
    for scalar in name.unicodeScalars {
      if !scalar.isGoPrintable {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let code = String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
        errors.append(
          .invalid(path, .string(name), "invalid character U+\(code) (at position \(position))"))
      }
      position += UTF8.width(scalar)
    }
    return errors
  }

  /// The object with the times of before if nothing else is different, so that a write that changes nothing is none.
  public static func revertingTimes(of object: JSONObject, to before: JSONObject) -> JSONObject {
    guard case .array(let new)? = object["metadata"]?["managedFields"],
      case .array(let old)? = before["metadata"]?["managedFields"], new.count == old.count, new != old
    else { return object }
    func timeless(_ entries: [JSONValue]) -> [JSONValue] {
      entries.map { entry in
        guard case .object(var members) = entry else { return entry }
        members.remove("time")
        return .object(members)
      }
    }
    guard timeless(new) == timeless(old) else { return object }
    var result = object
    result.update("metadata") { metadata in
      guard case .object(var members) = metadata else { return }
      members["managedFields"] = .array(old)
      metadata = .object(members)
    }
    return result == before ? result : object
  }
}
