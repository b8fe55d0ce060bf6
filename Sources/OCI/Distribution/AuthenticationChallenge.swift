/// One challenge of a `WWW-Authenticate` header (RFC 9110, 11.6.1): `Bearer realm="…",service="…",scope="…"`.
public struct AuthenticationChallenge: Hashable, Sendable {
  /// In lower case: `bearer`, `basic`.
  public let scheme: String
  /// Names in lower case.
  public let parameters: [String: String]

  /// All challenges of a header. What does not parse is left out.
  public static func parse(_ header: String) -> [AuthenticationChallenge] {
    var scanner = Scanner(bytes: Array(header.utf8))
    var challenges: [AuthenticationChallenge] = []
    while let scheme = scanner.token() {
      var parameters: [String: String] = [:]
      scanner.skipBlanks()
      while true {
        let mark = scanner.index
        guard let name = scanner.token() else { break }
        scanner.skipBlanks()
        guard scanner.take(UInt8(ascii: "=")) else {
          // A token without `=` starts the next challenge.
          scanner.index = mark
          break
        }
        scanner.skipBlanks()
        parameters[name.lowercased()] = scanner.value()
        scanner.skipBlanks()
        while scanner.take(UInt8(ascii: ",")) { scanner.skipBlanks() }
      }
      challenges.append(AuthenticationChallenge(scheme: scheme.lowercased(), parameters: parameters))
      scanner.skipBlanks()
      while scanner.take(UInt8(ascii: ",")) { scanner.skipBlanks() }
    }
    return challenges
  }

  private struct Scanner {
    let bytes: [UInt8]
    var index = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func skipBlanks() {
      while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
    }

    mutating func take(_ byte: UInt8) -> Bool {
      guard index < bytes.count, bytes[index] == byte else { return false }
      index += 1
      return true
    }

    mutating func token() -> String? {
      skipBlanks()
      let start = index
      while index < bytes.count, Self.isTokenByte(bytes[index]) { index += 1 }
      return index > start ? String(decoding: bytes[start..<index], as: UTF8.self) : nil
    }

    mutating func value() -> String {
      guard take(UInt8(ascii: "\"")) else { return token() ?? "" }
      var out: [UInt8] = []
      while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
        if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count { index += 1 }
        out.append(bytes[index])
        index += 1
      }
      index += 1
      return String(decoding: out, as: UTF8.self)
    }

    static func isTokenByte(_ b: UInt8) -> Bool {
      b > 0x20 && b < 0x7F && !"()<>@,;:\\\"/[]?={}".utf8.contains(b)
    }
  }
}
