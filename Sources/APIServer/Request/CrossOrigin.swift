import APIMachinery
import HTTPService

/// Pages of which other origins may read the server's answers in a browser (Fetch Standard, "CORS protocol"; kube-apiserver's
/// `--cors-allowed-origins`).
public struct CrossOrigin: Sendable {
  /// Why an expression is not taken.
  public struct Problem: Error, Sendable, CustomStringConvertible {
    public let description: String
  }

  private static let methods = "POST, GET, OPTIONS, PUT, DELETE, PATCH"
  private static let headers =
    "Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, Authorization, X-Requested-With, If-Modified-Since"

  private let patterns: [RegularExpression]

  /// - Parameter patterns: regular expressions of RE2. Each says where the host begins, and where it ends: what only has to occur
  ///   in an origin occurs in a stranger's too (CVE-2022-1996).
  /// - Throws: `Problem` in kube-apiserver's words.
  public init(_ patterns: [String]) throws(Problem) {
    var compiled: [RegularExpression] = []
    for pattern in patterns {
      do { compiled.append(try RegularExpression(pattern)) } catch {
        throw Problem(description: "has an invalid regular expression: \(error)")
      }
      let isPinned = ["^", "//"].contains { pattern.contains($0) } && ["$", ":"].contains { pattern.contains($0) }
      guard isPinned else {
        throw Problem(
          description:
            "has an invalid regular expression: regular expression does not pin to start/end of host in the origin header"
        )
      }
    }
    self.patterns = compiled
  }

  /// Where a request comes from; nil where its browser is told nothing.
  func origin(of request: Request) -> String? {
    guard !patterns.isEmpty, let origin = request.headers["Origin"], !origin.isEmpty,
      patterns.contains(where: { $0.matches(origin) })
    else { return nil }
    return origin
  }

  /// Tells a browser that a page of an origin may read an answer.
  static func allow(_ origin: String, in response: inout Response) {
    for (name, value) in [
      ("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Methods", methods),
      ("Access-Control-Allow-Headers", headers), ("Access-Control-Expose-Headers", "Date"),
      ("Access-Control-Allow-Credentials", "true"),
    ] { response.headers.add(name, value) }
  }
}
