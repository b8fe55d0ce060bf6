/// Where a request points: path and query (RFC 9112, section 3.2), raw and decoded.
public struct RequestTarget: Sendable, Equatable {
  /// The path as it was sent, encoded.
  public let rawPath: String
  /// The path's segments, each decoded after the path was split, so an encoded slash stays inside its segment.
  /// "/" has one empty segment, "/a/" has "a" and an empty one.
  public var segments: [String]
  public let query: Query

  /// Parses an origin-form (`/path?query`), an absolute-form (`http://host/path`) or the asterisk.
  /// - Throws: `badRequest` where the path is not absolute or the percent-encoding is broken.
  public init(_ raw: String) throws(HTTPServiceError) {
    var rest = Substring(raw)
    if rest.utf8.first != UInt8(ascii: "/") {
      if raw == "*" {
        self.init(rawPath: "*", segments: ["*"], query: Query())
        return
      }
      guard let scheme = ["http://", "https://"].first(where: { rest.hasPrefix($0) }) else {
        throw .badRequest("the request target must be a path that starts with a slash")
      }
      rest = rest.dropFirst(scheme.utf8.count)
      rest = rest.firstIndex(of: "/").map { rest[$0...] } ?? "/"
    }
    let utf8 = rest.utf8
    let mark = utf8.firstIndex(of: UInt8(ascii: "?"))
    let path = mark.map { rest[..<$0] } ?? rest
    let segments = try Self.segments(path.utf8.dropFirst())
    let query = try mark.map { (mark) throws(HTTPServiceError) in try Query(rest[utf8.index(after: mark)...]) }
    self.init(rawPath: String(path), segments: segments, query: query ?? Query())
  }

  /// The decoded segments of a path, which stands here without its first slash.
  private static func segments(_ path: Substring.UTF8View) throws(HTTPServiceError) -> [String] {
    var segments: [String] = []
    segments.reserveCapacity(8)
    var rest = path
    while true {
      let slash = rest.firstIndex(of: UInt8(ascii: "/"))
      let part = rest[..<(slash ?? rest.endIndex)]
      var segment = String(Substring(part))
      var isPlain = true
      for byte in part where byte == UInt8(ascii: "%") || byte == 0 { isPlain = false }
      if !isPlain {
        guard let decoded = PercentEncoding.decode(Substring(part)) else {
          throw .badRequest("the path has a broken percent-encoding")
        }
        guard !decoded.utf8.contains(0) else { throw .badRequest("the path has a zero byte") }
        segment = decoded
      }
      segments.append(segment)
      guard let slash else { return segments }
      rest = rest[rest.index(after: slash)...]
    }
  }

  /// Stands for a target that could not be read.
  static let none = RequestTarget(rawPath: "", segments: [], query: Query())

  init(rawPath: String, segments: [String], query: Query) {
    self.rawPath = rawPath
    self.segments = segments
    self.query = query
  }

  /// The decoded path.
  public var path: String { "/" + segments.joined(separator: "/") }
}
