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
    guard let revision = number(text) else {
      throw .invalid(FieldPath("resourceVersion"), .string(text), complaint(about: text))
    }
    return revision
  }

  /// Reads the version that a get or a watch wants to see; 0 for none, and for `0`, which means any.
  /// - Throws: a 500 without a reason, as upstream, which expects of a list alone that it is asked for nonsense.
  public static func wanted(_ text: String) throws(StatusError) -> UInt64 {
    do throws(FieldError) { return try revision(text) } catch {
      throw StatusError(.unknown, "\(error)", code: 500)
    }
  }

  /// Reads the version that an object says it has; 0 for none.
  /// - Throws: a 500 without a reason, as upstream, which does not expect anything but a number there.
  public static func ofObject(_ text: String) throws(StatusError) -> UInt64 {
    guard let revision = number(text) else { throw StatusError(.unknown, complaint(about: text), code: 500) }
    return revision
  }

  /// The number that a text is; 0 for an empty one, nil for what is none or too large.
  public static func number(_ text: String) -> UInt64? {
    if text.isEmpty { return 0 }
    return isDigits(text) ? UInt64(text) : nil
  }

  private static func isDigits(_ text: String) -> Bool { text.utf8.allSatisfy { (0x30...0x39).contains($0) } }

  private static func complaint(about text: String) -> String {
    "strconv.ParseUint: parsing \(text.goQuoted): \(isDigits(text) ? "value out of range" : "invalid syntax")"
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
