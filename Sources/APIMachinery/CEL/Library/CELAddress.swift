/// An address of the Internet Protocol, as Go's `netip` reads it: no zones, no mapped addresses, no leading zeros.
struct CELAddress: CELOpaque, Hashable, CustomStringConvertible {
  static let type = CELType.opaque("net.IP", [])

  /// 4 or 16.
  let bytes: [UInt8]

  var type: CELType { Self.type }
  var costSize: UInt64 { UInt64(bytes.count) }
  func isEqual(_ other: any CELOpaque) -> Bool { (other as? CELAddress) == self }

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// - Throws: ``CELEvaluationError`` in Kubernetes' words.
  init(_ text: String) throws {
    let address: (bytes: [UInt8], hasZone: Bool)
    do { address = try CELAddressReader.read(text) } catch {
      throw CELEvaluationError(
        "IP Address \(text.goQuoted) parse error during conversion from string: \(error.description(of: text))")
    }
    guard !address.hasZone else {
      throw CELEvaluationError("IP address \(text.goQuoted) with zone value is not allowed")
    }
    guard !Self.isMapped(address.bytes) else {
      throw CELEvaluationError("IPv4-mapped IPv6 address \(text.goQuoted) is not allowed")
    }
    bytes = address.bytes
  }

  fileprivate static func isMapped(_ bytes: [UInt8]) -> Bool {
    bytes.count == 16 && bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 255 && bytes[11] == 255
  }

  var isVersion4: Bool { bytes.count == 4 }
  var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }
  var isLoopback: Bool { isVersion4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1 }
  var isMulticast: Bool { isVersion4 ? bytes[0] & 0xF0 == 0xE0 : bytes[0] == 0xFF }
  var isLinkLocalMulticast: Bool {
    isVersion4 ? bytes.prefix(3) == [224, 0, 0] : bytes[0] == 0xFF && bytes[1] & 0x0F == 0x02
  }
  var isLinkLocalUnicast: Bool {
    isVersion4 ? bytes.prefix(2) == [169, 254] : bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
  }
  var isGlobalUnicast: Bool {
    !(isVersion4 && bytes.allSatisfy { $0 == 255 }) && !isUnspecified && !isLoopback && !isMulticast
      && !isLinkLocalUnicast
  }

  /// The canonical text (RFC 5952).
  var description: String {
    if isVersion4 { return bytes.map(String.init).joined(separator: ".") }
    let groups = (0..<8).map { UInt16(bytes[$0 * 2]) << 8 | UInt16(bytes[$0 * 2 + 1]) }
    var best = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, groups[end] == 0 { end += 1 }
      if end - start > best.count, end - start > 1 { best = start..<end }
      start = max(end, start + 1)
    }
    func text(_ groups: some Sequence<UInt16>) -> String {
      groups.map { String($0, radix: 16) }.joined(separator: ":")
    }
    guard !best.isEmpty else { return text(groups) }
    return text(groups[..<best.lowerBound]) + "::" + text(groups[best.upperBound...])
  }
}

/// An address with the length of a prefix.
struct CELNetwork: CELOpaque, Hashable, CustomStringConvertible {
  static let type = CELType.opaque("net.CIDR", [])

  let address: CELAddress
  let length: Int

  var type: CELType { Self.type }
  var costSize: UInt64 { UInt64((length + 7) / 8) }
  func isEqual(_ other: any CELOpaque) -> Bool { (other as? CELNetwork) == self }
  var description: String { "\(address)/\(length)" }

  init(address: CELAddress, length: Int) {
    self.address = address
    self.length = length
  }

  /// - Throws: ``CELEvaluationError`` in Kubernetes' words.
  init(_ text: String) throws {
    let prefix = "network address parse error during conversion from string: "
    func failure(_ why: String) -> CELEvaluationError {
      CELEvaluationError("\(prefix)\(prefix)netip.ParsePrefix(\(text.goQuoted)): \(why)")
    }
    guard let slash = text.lastIndex(of: "/") else { throw failure("no '/'") }
    let start = String(text[..<slash])
    let found: (bytes: [UInt8], hasZone: Bool)
    do { found = try CELAddressReader.read(start) } catch { throw failure(error.description(of: start)) }
    guard !found.hasZone else { throw failure("IPv6 zones cannot be present in a prefix") }
    let bits = text[text.index(after: slash)...]
    guard let length = Int(bits), bits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      bits.utf8.count == 1 || bits.first != "0"
    else { throw failure("bad bits after slash: \(String(bits).goQuoted)") }
    guard length <= found.bytes.count * 8 else { throw failure("prefix length out of range") }
    guard !CELAddress.isMapped(found.bytes) else {
      throw CELEvaluationError("\(prefix)IPv4-mapped IPv6 address \(text.goQuoted) is not allowed")
    }
    address = CELAddress(bytes: found.bytes)
    self.length = length
  }

  private static func masked(_ address: CELAddress, _ length: Int) -> [UInt8] {
    address.bytes.enumerated().map { index, byte in
      let bits = min(8, max(0, length - index * 8))
      return bits == 0 ? 0 : byte & (0xFF << UInt8(8 - bits))
    }
  }

  var masked: CELNetwork { CELNetwork(address: CELAddress(bytes: Self.masked(address, length)), length: length) }

  func contains(_ other: CELAddress) -> Bool {
    other.bytes.count == address.bytes.count && Self.masked(other, length) == Self.masked(address, length)
  }

  func contains(_ other: CELNetwork) -> Bool { length <= other.length && contains(other.address) }
}

extension CELLibrary {
  static func addAddresses(_ table: inout CELFunctionTable) {
    let (ip, cidr) = (CELAddress.type, CELNetwork.type)
    table.global("ip", "string_to_ip", [.string], ip) { values, _ in .opaque(try CELAddress(values[0].string())) }
    table.global("isIP", "is_ip", [.string], .bool) { values, _ in
      let text = try values[0].string()
      return .bool((try? CELAddress(text)) != nil)
    }
    table.global("ip.isCanonical", "ip_is_canonical", [.string], .bool) { values, _ in
      .bool(try CELAddress(values[0].string()).description == values[0].string())
    }
    table.member("family", "ip_family", ip, .int) { values, _ in
      .int(try values[0].opaque(CELAddress.self).isVersion4 ? 4 : 6)
    }
    let tests: [(String, String, @Sendable (CELAddress) -> Bool)] = [
      ("isUnspecified", "ip_is_unspecified", { $0.isUnspecified }),
      ("isLoopback", "ip_is_loopback", { $0.isLoopback }),
      ("isLinkLocalMulticast", "ip_is_link_local_multicast", { $0.isLinkLocalMulticast }),
      ("isLinkLocalUnicast", "ip_is_link_local_unicast", { $0.isLinkLocalUnicast }),
      ("isGlobalUnicast", "ip_is_global_unicast", { $0.isGlobalUnicast }),
    ]
    for (name, id, test) in tests {
      table.member(name, id, ip, .bool) { values, _ in .bool(test(try values[0].opaque(CELAddress.self))) }
    }
    table.global("cidr", "string_to_cidr", [.string], cidr) { values, _ in
      .opaque(try CELNetwork(values[0].string()))
    }
    table.global("isCIDR", "is_cidr", [.string], .bool) { values, _ in
      let text = try values[0].string()
      return .bool((try? CELNetwork(text)) != nil)
    }
    table.member("ip", "cidr_ip", cidr, ip) { values, _ in .opaque(try values[0].opaque(CELNetwork.self).address) }
    table.member("prefixLength", "cidr_prefix_length", cidr, .int) { values, _ in
      .int(Int64(try values[0].opaque(CELNetwork.self).length))
    }
    table.member("masked", "cidr_masked", cidr, cidr) { values, _ in
      .opaque(try values[0].opaque(CELNetwork.self).masked)
    }
    table.member("containsIP", "cidr_contains_ip_string", cidr, [.string], .bool) { values, _ in
      .bool(try values[0].opaque(CELNetwork.self).contains(CELAddress(values[1].string())))
    }
    table.member("containsIP", "cidr_contains_ip_ip", cidr, [ip], .bool) { values, _ in
      .bool(try values[0].opaque(CELNetwork.self).contains(values[1].opaque(CELAddress.self)))
    }
    table.member("containsCIDR", "cidr_contains_cidr_string", cidr, [.string], .bool) { values, _ in
      .bool(try values[0].opaque(CELNetwork.self).contains(CELNetwork(values[1].string())))
    }
    table.member("containsCIDR", "cidr_contains_cidr", cidr, [cidr], .bool) { values, _ in
      .bool(try values[0].opaque(CELNetwork.self).contains(values[1].opaque(CELNetwork.self)))
    }
  }
}
