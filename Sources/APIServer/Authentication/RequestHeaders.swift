import HTTPService

/// How a proxy says for whom it asks: the names of headers (Kubernetes, "Authenticating proxy").
public struct RequestHeaders: Sendable, Hashable {
  /// The first of them that has a value holds the user's name.
  public var userNames: [String]
  /// The first of them that has a value holds the user's uid.
  public var uids: [String]
  /// All values of all of them are the user's groups.
  public var groups: [String]
  /// What the names of headers begin with whose rest names something more that is known of the user.
  public var extraPrefixes: [String]

  /// Those that Kubernetes' own servers use.
  public static let standard = RequestHeaders(
    userNames: ["X-Remote-User"], uids: ["X-Remote-Uid"], groups: ["X-Remote-Group"],
    extraPrefixes: ["X-Remote-Extra-"])

  public init(userNames: [String], uids: [String], groups: [String], extraPrefixes: [String]) {
    self.userNames = userNames
    self.uids = uids
    self.groups = groups
    self.extraPrefixes = extraPrefixes
  }

  /// For whom a request is; nil where it does not say.
  func user(of headers: Headers) -> User? {
    func first(_ names: [String]) -> String? { names.lazy.compactMap { headers[$0] }.first { !$0.isEmpty } }
    guard let name = first(userNames) else { return nil }
    var user = User(
      name: name, uid: first(uids) ?? "", groups: groups.flatMap { headers.all($0) }.filter { !$0.isEmpty })
    for prefix in extraPrefixes.map({ $0.lowercased() }) {
      for field in headers where field.name.lowercased().hasPrefix(prefix) {
        let raw = field.name.lowercased().dropFirst(prefix.count)
        user.extra[PercentEncoding.decode(raw) ?? String(raw), default: []].append(field.value)
      }
    }
    return user
  }

  /// What these headers and the others are.
  func union(_ other: RequestHeaders) -> RequestHeaders {
    RequestHeaders(
      userNames: userNames + other.userNames, uids: uids + other.uids, groups: groups + other.groups,
      extraPrefixes: extraPrefixes + other.extraPrefixes)
  }
}
