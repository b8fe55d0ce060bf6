/// The rules of the text `resourceVersion` in requests.
public enum ResourceVersions {
  /// Reads a resource version; 0 for none, and for `0`, which means any.
  /// - Throws: a `badRequest` in Kubernetes' words.
  public static func parse(_ text: String) throws(StatusError) -> UInt64 {
    do throws(FieldError) { return try revision(text) } catch {
      throw .badRequest("invalid resource version: \(error)")
    }
  }

  /// Reads a resource version; 0 for none, and for `0`, which means any.
  /// - Throws: what is wrong with the field.
  public static func revision(_ text: String) throws(FieldError) -> UInt64 {
    if text.isEmpty || text == "0" { return 0 }
    let isNumber = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    guard isNumber, let revision = UInt64(text) else {
      let why = "strconv.ParseUint: parsing \(text.goQuoted): \(isNumber ? "value out of range" : "invalid syntax")"
      throw .invalid(FieldPath("resourceVersion"), .string(text), why)
    }
    return revision
  }

  /// What a list or a get wants to see.
  public enum Wanted: Sendable, Hashable {
    /// What the store has when it is asked.
    case latest
    /// Any state, however old.
    case any
    /// A state that is at least as new.
    case notOlderThan(UInt64)
    /// This very state.
    case exactly(UInt64)
    /// A further page, at the state of the first one; nil for the latest.
    case page(ContinueToken)
  }
}

extension ListOptions {
  /// What the list wants to see.
  /// - Throws: a `badRequest` where the resource version or the token is malformed, or both are given.
  public func wanted() throws(StatusError) -> ResourceVersions.Wanted {
    if !continueToken.isEmpty {
      let token = try ContinueToken(continueToken)
      guard resourceVersion.isEmpty || resourceVersion == "0" else {
        throw .badRequest("specifying resource version is not allowed when using continue")
      }
      return .page(token)
    }
    let revision = try ResourceVersions.parse(resourceVersion)
    if resourceVersion.isEmpty { return .latest }
    switch resourceVersionMatch {
    case "Exact": return .exactly(revision)
    case "NotOlderThan": return revision == 0 ? .any : .notOlderThan(revision)
    default:
      if revision == 0 { return .any }
      // Without a match, a limit makes it exact: all pages are to show one state.
      return limit > 0 ? .exactly(revision) : .notOlderThan(revision)
    }
  }
}
