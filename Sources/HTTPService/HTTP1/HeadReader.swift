/// Reads the bytes of one whole request head: request line, fields, and what they say about the body
/// (RFC 9112, sections 3, 5, 6 and 9).
struct HeadReader {
  let bytes: [UInt8]
  let maximumFields: Int

  func read() throws(HTTPServiceError) -> RequestHead {
    var position = 0
    let (method, target, minorVersion) = try requestLine(try line(&position))
    var headers = Headers()
    while true {
      let line = try line(&position)
      if line.isEmpty { break }
      guard headers.count < maximumFields else {
        throw .init(.headerTooLarge, "the request has more than \(maximumFields) header fields")
      }
      let (name, value) = try field(line)
      headers.add(name, value)
    }
    guard headers.all("Host").count == 1 || (minorVersion == 0 && !headers.contains("Host")) else {
      throw .badRequest("the request must have exactly one Host header")
    }
    let connection = headers.tokens("Connection")
    let keepAlive = minorVersion == 1 ? !connection.contains("close") : connection.contains("keep-alive")
    return RequestHead(
      method: method, target: target, minorVersion: minorVersion, headers: headers,
      framing: try framing(headers, minorVersion), keepAlive: keepAlive,
      upgrade: connection.contains("upgrade") ? headers.tokens("Upgrade") : [],
      expectsContinue: try expectsContinue(headers, minorVersion))
  }

  private func line(_ position: inout Int) throws(HTTPServiceError) -> ArraySlice<UInt8> {
    guard let feed = bytes[position...].firstIndex(of: 0x0A), feed > position, bytes[feed - 1] == 0x0D else {
      throw .badRequest("a line of the request's header must end with CR LF")
    }
    let line = bytes[position..<feed - 1]
    position = feed + 1
    return line
  }

  private func requestLine(_ line: ArraySlice<UInt8>) throws(HTTPServiceError) -> (Method, String, Int) {
    let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[0].isEmpty, !parts[1].isEmpty else {
      throw .badRequest("the request line must be a method, a target and a version")
    }
    guard parts[0].allSatisfy(\.isTokenCharacter) else {
      throw .badRequest("the method has a character it may not have")
    }
    guard parts[1].allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw .badRequest("the request target must be percent-encoded")
    }
    let version = parts[2]
    guard version.starts(with: "HTTP/".utf8), version.count == 8, version[version.startIndex + 6] == UInt8(ascii: ".")
    else {
      throw .badRequest("the request line names no HTTP version")
    }
    guard version[version.startIndex + 5] == UInt8(ascii: "1") else {
      throw .init(.unsupported, "only HTTP/1.0 and HTTP/1.1 are served here", status: .versionNotSupported)
    }
    let minor: Int
    switch version[version.startIndex + 7] {
    case UInt8(ascii: "0"): minor = 0
    case UInt8(ascii: "1")...UInt8(ascii: "9"): minor = 1
    default: throw .badRequest("the request line names no HTTP version")
    }
    return (
      Method(rawValue: String(decoding: parts[0], as: UTF8.self)), String(decoding: parts[1], as: UTF8.self), minor
    )
  }

  private func field(_ line: ArraySlice<UInt8>) throws(HTTPServiceError) -> (String, String) {
    // A line that starts with a blank is the old line folding; it has no token before the colon and is refused here.
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
      line[..<colon].allSatisfy(\.isTokenCharacter)
    else { throw .badRequest("a header field must be a name, a colon and a value") }
    let value = line[(colon + 1)...].trimmingBlanks()
    guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
      throw .badRequest("the value of a header field has a control character")
    }
    return (String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
  }

  private func framing(_ headers: Headers, _ minorVersion: Int) throws(HTTPServiceError) -> RequestHead.Framing {
    let lengths = headers.all("Content-Length")
    if headers.contains("Transfer-Encoding") {
      guard lengths.isEmpty else {
        throw .badRequest("the request has both Transfer-Encoding and Content-Length")
      }
      guard minorVersion == 1 else { throw .badRequest("HTTP/1.0 has no Transfer-Encoding") }
      guard headers.tokens("Transfer-Encoding") == ["chunked"] else {
        throw .init(.unsupported, "the only transfer coding served is chunked")
      }
      return .chunked
    }
    guard let first = lengths.first else { return .none }
    guard lengths.allSatisfy({ $0 == first }), !first.isEmpty, first.utf8.count <= 18,
      first.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let length = Int(first)
    else { throw .badRequest("Content-Length is not one number") }
    return .length(length)
  }

  private func expectsContinue(_ headers: Headers, _ minorVersion: Int) throws(HTTPServiceError) -> Bool {
    guard minorVersion == 1, let expectation = headers["Expect"] else { return false }
    guard expectation.equalsIgnoringCase("100-continue") else {
      throw .init(.unsupported, "the expectation \(expectation) is not served", status: .expectationFailed)
    }
    return true
  }
}
