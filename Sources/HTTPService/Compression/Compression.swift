import NIOCore

/// When a server compresses what it answers, as kube-apiserver does: with gzip, and only what is large.
public struct Compression: Sendable {
  /// Bodies up to this many bytes go out as they are: below it the time that compression takes is longer than the time
  /// that it saves.
  public var threshold: Int

  /// - Parameter threshold: in bytes; kube-apiserver's is 128 KiB.
  public init(threshold: Int = 131_072) { self.threshold = threshold }

  func applies(to response: Response, _ bytes: ByteBuffer, _ request: Request) -> Bool {
    bytes.readableBytes > threshold && request.method != .head && applies(to: response, request)
  }

  func applies(to response: Response, _ request: Request) -> Bool {
    response.status == .ok && Self.accepts(request.headers) && !response.headers.contains("Content-Encoding")
      && !response.headers.contains("Content-Range")
  }

  /// Whether `Accept-Encoding` names gzip and does not weigh it with zero (RFC 9110, section 12.5.3).
  static func accepts(_ headers: Headers) -> Bool {
    for token in headers.tokens("Accept-Encoding") {
      let parts = token.split(separator: ";", maxSplits: 1).map { Substring($0).utf8.trimmingBlanks() }
      guard let name = parts.first, name.elementsEqual("gzip".utf8) else { continue }
      guard parts.count == 2 else { return true }
      let weight = String(Substring(parts[1]).filter { $0 != " " && $0 != "\t" })
      guard weight.hasPrefix("q=") else { return true }
      return !weight.dropFirst(2).allSatisfy { $0 == "0" || $0 == "." }
    }
    return false
  }

  /// The response with the fields that say it is compressed.
  static func labelled(_ response: Response) -> Response {
    var response = response
    response.headers.remove("Content-Length")
    response.headers.add("Content-Encoding", "gzip")
    response.headers.add("Vary", "Accept-Encoding")
    return response
  }
}
