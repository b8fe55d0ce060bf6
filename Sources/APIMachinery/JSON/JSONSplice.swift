/// Changes members of an object in its bytes, without a tree.
public enum JSONSplice {
  /// A text with a member of one object set, replaced or removed. What stays is copied as it stands; a new member is
  /// put last. The text must be one that `JSONReader` has taken.
  /// - Parameters:
  ///   - value: the new value; nil removes the member.
  ///   - start: where the object begins.
  public static func setting(
    _ name: String, to value: JSONValue?, inObjectAt start: Int = 0, of bytes: [UInt8]
  ) -> [UInt8] {
    setting(name, toText: value?.jsonBytes(), inObjectAt: start, of: bytes)
  }

  /// As above, with a value that is JSON text already.
  public static func setting(
    _ name: String, toText value: [UInt8]?, inObjectAt start: Int = 0, of bytes: [UInt8]
  ) -> [UInt8] {
    let quoted = JSONValue.string(name).jsonBytes()
    let plain = Array(name.utf8)
    // Names with escapes are rare: they are compared as what they mean.
    func isNamed(_ member: JSONScanner.Member) -> Bool {
      let spelled = bytes[member.name]
      if spelled.contains(UInt8(ascii: "\\")) {
        return JSONScanner.string(bytes.span, member.name.lowerBound - 1..<member.name.upperBound + 1) == name
      }
      return spelled.elementsEqual(plain)
    }

    guard let value else { return removing(isNamed, fromObjectAt: start, of: bytes) }
    var found: JSONScanner.Member?
    var lastEnd: Int?
    let end = JSONScanner.members(of: bytes.span, at: start) { member in
      if isNamed(member) { found = member }
      lastEnd = member.value.upperBound
      return true
    }
    guard let end else { return bytes }

    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + quoted.count + value.count + 2)
    if let found {
      result += bytes[..<found.value.lowerBound]
      result += value
      result += bytes[found.value.upperBound...]
    } else {
      let place = lastEnd ?? end - 1
      result += bytes[..<place]
      if lastEnd != nil { result.append(UInt8(ascii: ",")) }
      result += quoted
      result.append(UInt8(ascii: ":"))
      result += value
      result += bytes[place...]
    }
    return result
  }

  private static func removing(
    _ isNamed: (JSONScanner.Member) -> Bool, fromObjectAt start: Int, of bytes: [UInt8]
  ) -> [UInt8] {
    var kept: [Range<Int>] = []
    var isThere = false
    let end = JSONScanner.members(of: bytes.span, at: start) { member in
      if isNamed(member) {
        isThere = true
      } else {
        kept.append(member.name.lowerBound - 1..<member.value.upperBound)
      }
      return true
    }
    guard let end, isThere else { return bytes }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    result += bytes[..<start]
    result.append(UInt8(ascii: "{"))
    for (index, range) in kept.enumerated() {
      if index > 0 { result.append(UInt8(ascii: ",")) }
      result += bytes[range]
    }
    result.append(UInt8(ascii: "}"))
    result += bytes[end...]
    return result
  }
}
