/// The form `FieldsV1` of `metadata.managedFields`: a tree of objects whose names begin with `f:` (a member), `k:` (the item with a key), `v:`
/// (the item that is a value) or `i:` (the item at a place). `.` says that what is around it is a member itself; it goes
/// without saying for what has nothing below.
extension FieldSet {
  public var fieldsV1: JSONValue { .object(encoded(isMember: false)) }

  private func encoded(isMember: Bool) -> JSONObject {
    var object = JSONObject()
    if isMember, !(members.isEmpty && children.isEmpty) { object["."] = [:] }
    var (i, j) = (0, 0)
    while i < members.count || j < children.count {
      let order =
        i == members.count
        ? 1 : j == children.count ? -1 : FieldElement.compare(members[i], children[j].element)
      if order < 0 {
        object[members[i].encoded] = [:]
        i += 1
      } else {
        object[children[j].element.encoded] = .object(children[j].set.encoded(isMember: order == 0))
        if order == 0 { i += 1 }
        j += 1
      }
    }
    return object
  }

  /// Reads the form.
  ///
  /// Elements of kinds that are not known are passed over, for a later version may know them.
  /// - Throws: ``FieldSetError`` where an element's name is malformed.
  public init(fieldsV1 value: JSONValue?) throws(FieldSetError) {
    guard case .object(let object)? = value else {
      if value == nil || value == .null { return }
      throw FieldSetError("expected an object, got \(value?.goKind ?? "")")
    }
    self = try Self.decoded(object, depth: 0).set ?? FieldSet()
  }

  private static func decoded(
    _ object: JSONObject, depth: Int
  ) throws(FieldSetError) -> (set: FieldSet?, isMember: Bool) {
    guard depth < JSONReader.maximumWrittenDepth else { throw FieldSetError("exceeded max depth") }
    var set: FieldSet?
    var isMember = false
    for (name, value) in object {
      if name == "." {
        isMember = true
        continue
      }
      guard let element = try FieldElement(encoded: name) else { continue }
      guard case .object(let inner) = value else {
        throw FieldSetError("expected an object below \(name.goQuoted), got \(value.goKind)")
      }
      let (below, isInnerMember) = try decoded(inner, depth: depth + 1)
      if set == nil, isInnerMember || below != nil { set = FieldSet() }
      if isInnerMember { set?.insert(member: element) }
      if let below { set?.update(child: element) { $0 = below } }
    }
    return (set, isMember || set == nil)
  }
}

/// A set of fields that is not one.
public struct FieldSetError: Error, Sendable, Hashable, CustomStringConvertible {
  public let message: String

  init(_ message: String) { self.message = message }

  public var description: String { message }
}

extension FieldElement {
  fileprivate var encoded: String {
    switch self {
    case .name(let name): "f:\(name)"
    case .key(let keys): "k:" + JSONValue.object(JSONObject(keys.map { ($0.name, $0.value) })).jsonText()
    case .value(let value): "v:" + value.jsonText()
    case .index(let index): "i:\(index)"
    }
  }

  /// Nil for a kind that is not known.
  fileprivate init?(encoded text: String) throws(FieldSetError) {
    let parts = text.utf8
    guard parts.count >= 2 else { throw FieldSetError("key must be 2 characters long:") }
    let second = parts.index(after: parts.startIndex)
    guard parts[second] == UInt8(ascii: ":") else { throw FieldSetError("missing colon: \(text)") }
    let rest = text[parts.index(after: second)...]
    switch parts[parts.startIndex] {
    case UInt8(ascii: "f"): self = .name(String(rest))
    case UInt8(ascii: "v"): self = .value(try Self.value(rest))
    case UInt8(ascii: "k"):
      guard case .object(let object) = try Self.value(rest) else {
        throw FieldSetError("expected an object in \(text.goQuoted)")
      }
      self = .key(object.sorted.map { Key($0.name, $0.value) })
    case UInt8(ascii: "i"):
      guard let index = Int(rest) else { throw FieldSetError("invalid index in \(text.goQuoted)") }
      self = .index(index)
    default: return nil
    }
  }

  /// The first value of a text: what follows it is passed over, as kube-apiserver does.
  private static func value(_ text: Substring) throws(FieldSetError) -> JSONValue {
    let bytes = Array(text.utf8)
    let end = JSONScanner.valueEnd(bytes.span, JSONScanner.skipSpace(bytes.span, 0)) ?? bytes.count
    do {
      return try JSONValue(json: Array(bytes[..<end]))
    } catch {
      throw FieldSetError("\(error)")
    }
  }
}
