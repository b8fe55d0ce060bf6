/// The `Link` header by which a registry tells where the next page of a list is (RFC 8288):
/// `</v2/name/tags/list?n=100&last=x>; rel="next"`.
public enum PageLink {
  /// The target of the link whose relation is `next`, nil where there is none.
  public static func next(_ header: String) -> String? {
    var rest = header[...]
    while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
      let target = rest[rest.index(after: open)..<close]
      rest = rest[rest.index(after: close)...]
      let parameters = rest.prefix { $0 != "," }
      rest = rest[parameters.endIndex...]
      let isNext = parameters.split(separator: ";").contains { parameter in
        parameter.filter { $0 != " " && $0 != "\t" && $0 != "\"" }.lowercased() == "rel=next"
      }
      if isNext { return String(target) }
    }
    return nil
  }

  /// A target as a path of the same registry.
  /// - Parameters:
  ///   - current: the path that was asked for, which a relative target starts from.
  ///   - authority: the registry's host and port.
  ///   - prefix: path before `/v2/` at a mirror, which the result does not have.
  /// - Returns: nil for a target on another host: a list does not go on elsewhere.
  public static func path(_ target: String, from current: String, authority: String, prefix: String) -> String? {
    var target = target[...]
    for scheme in ["https://", "http://"] where target.lowercased().hasPrefix(scheme) {
      target = target.dropFirst(scheme.count)
      guard target.prefix(while: { $0 != "/" && $0 != "?" }) == authority[...] else { return nil }
      target = target.drop { $0 != "/" && $0 != "?" }
    }
    guard !target.isEmpty, !target.hasPrefix("//") else { return nil }
    if target.hasPrefix("?") { return String(current[..<(current.firstIndex(of: "?") ?? current.endIndex)] + target) }
    guard target.hasPrefix("/") else {
      let base = current[..<(current.firstIndex(of: "?") ?? current.endIndex)]
      let directory = base.lastIndex(of: "/").map { base[...$0] } ?? "/"
      return String(directory + target)
    }
    if !prefix.isEmpty && target.hasPrefix(prefix + "/") { target = target.dropFirst(prefix.count) }
    return String(target)
  }
}
