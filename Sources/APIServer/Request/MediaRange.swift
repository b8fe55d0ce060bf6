import APIMachinery
import HTTPService
import Synchronization

/// One entry of an `Accept` header (RFC 9110, section 12.5.1).
struct MediaRange: Sendable {
  let type: String
  let parameters: [String: String]
  let weight: Double

  init(_ text: Substring) {
    let parts = text.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
    type = parts.first?.lowercased() ?? ""
    var parameters: [String: String] = [:]
    for part in parts.dropFirst() {
      let pair = part.split(separator: "=", maxSplits: 1)
      if pair.count == 2 { parameters[pair[0].lowercased()] = String(pair[1]) }
    }
    self.parameters = parameters
    weight = parameters["q"].flatMap(Double.init) ?? 1
  }

  /// What headers of late have said: there are few clients that differ, and each says the same with every request.
  private static let known = Mutex<[String: [MediaRange]]>([:])
  /// Headers that are remembered at most, and the bytes of one.
  private static let remembered = (headers: 64, bytes: 512)

  /// What a client accepts, the ones that it weighs most first; nil where it does not say.
  static func accepted(_ headers: Headers) -> [MediaRange]? {
    let said = headers.all("Accept")
    let accept = said.count == 1 ? said[0] : said.joined(separator: ",")
    guard !accept.isEmpty else { return nil }
    if let ranges = known.withLock({ $0[accept] }) { return ranges }
    let ranges = parse(accept)
    guard accept.utf8.count <= remembered.bytes else { return ranges }
    known.withLock { known in
      // Whoever makes up a new one for each request shall not fill the memory.
      if known.count >= remembered.headers { known.removeAll(keepingCapacity: true) }
      known[accept] = ranges
    }
    return ranges
  }

  private static func parse(_ accept: String) -> [MediaRange] {
    let ranges = accept.split(separator: ",").map(MediaRange.init).filter { $0.weight > 0 }
    return ranges.enumerated().sorted { ($1.element.weight, $0.offset) < ($0.element.weight, $1.offset) }
      .map(\.element)
  }

  /// Whether the range means a media type, itself or by `*`.
  func covers(_ type: String) -> Bool { self.type == type || self.type == "*/*" || self.type == "application/*" }

  /// A shape of the group `meta.k8s.io` that is served.
  var isMeta: Bool {
    parameters["g"] == "meta.k8s.io" && ["v1", "v1beta1"].contains(parameters["v"] ?? "")
  }
}
