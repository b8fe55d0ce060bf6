extension FieldManager {
  /// How long a manager's name may be, in bytes.
  public static let longestName = 128
  /// How long a subresource's name may be in an entry, in bytes.
  private static let longestSubresource = 256

  /// The manager of a request that names none: what stands before the first slash of the header `User-Agent`.
  public static func managerName(userAgent: String) -> String {
    var name = String.UnicodeScalarView()
    var length = 0
    for scalar in userAgent.prefix(while: { $0 != "/" }).unicodeScalars where scalar.isGoPrintable {
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

  /// What is wrong with the entries that a client sent in `metadata.managedFields`.
  public static func managedFieldsErrors(_ value: JSONValue?, at path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    for (index, entry) in (value?.arrayValue ?? []).enumerated() {
      let place = path.index(index)
      let operation = entry["operation"]?.stringValue ?? ""
      if operation != "Apply", operation != "Update" {
        errors.append(.invalid(place.child("operation"), .string(operation), "must be `Apply` or `Update`"))
      }
      if let type = entry["fieldsType"]?.stringValue, !type.isEmpty, type != "FieldsV1" {
        errors.append(.invalid(place.child("fieldsType"), .string(type), "must be `FieldsV1`"))
      }
      errors += nameErrors(entry["manager"]?.stringValue ?? "", at: place.child("manager"))
      if let name = entry["subresource"]?.stringValue, name.utf8.count > longestSubresource {
        errors.append(.tooLong(place.child("subresource"), maximumBytes: longestSubresource))
      }
    }
    return errors
  }

  /// Why the managed fields that admission left in an object are none; nil where they are some.
  ///
  /// An object in such a state gets those back that it had before, and the client a warning.
  public static func managedFieldsProblem(_ value: JSONValue?) -> String? {
    do {
      _ = try ManagedFields(value)
      return nil
    } catch {
      return error.message
    }
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
