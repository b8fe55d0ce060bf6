import NIOHPACK

/// A request's head from the fields of HTTP/2 (RFC 9113, section 8.3). NIO has checked the pseudo-header fields, the
/// names' case and that no field belongs to HTTP/1.1's connections.
struct HTTP2HeadReader {
  let fields: HPACKHeaders
  let maximumFields: Int

  var method: Method { Method(rawValue: fields.first(name: ":method") ?? "") }

  var expectsContinue: Bool { fields.first(name: "expect").map { $0.equalsIgnoringCase("100-continue") } ?? false }

  func read() throws(HTTPServiceError) -> (target: RequestTarget, headers: Headers, length: Int?) {
    guard fields.count <= maximumFields + 4 else {
      throw .init(.headerTooLarge, "the request has more than \(maximumFields) header fields")
    }
    guard method != .connect, let path = fields.first(name: ":path") else {
      throw .init(.unsupported, "CONNECT is not served")
    }
    if let expectation = fields.first(name: "expect"), !expectsContinue {
      throw .init(.unsupported, "the expectation \(expectation) is not served", status: .expectationFailed)
    }
    let target = try RequestTarget(path)
    var headers = Headers()
    headers.fields.reserveCapacity(fields.count)
    if let authority = fields.first(name: ":authority") { headers.add("Host", authority) }
    var length: Int?
    for (name, value, _) in fields where name.utf8.first != UInt8(ascii: ":") {
      if name == "host", headers.contains("Host") { continue }
      if name == "content-length" {
        guard let number = Int(value), number >= 0, length == nil || length == number else {
          throw .badRequest("Content-Length is not one number")
        }
        length = number
      }
      headers.add(name, value)
    }
    return (target, headers, length)
  }
}
