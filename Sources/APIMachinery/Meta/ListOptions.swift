/// What a list or a watch asks for (meta/v1 ListOptions).
public struct ListOptions: Sendable, Hashable {
  public var labelSelector = LabelSelector.everything
  public var fieldSelector = FieldSelector.everything
  public var watch = false
  public var allowWatchBookmarks = false
  public var resourceVersion = ""
  /// `Exact`, `NotOlderThan` or empty.
  public var resourceVersionMatch = ""
  /// In seconds.
  public var timeout: Int64?
  /// How many objects a page has at most; 0 for all.
  public var limit: Int64 = 0
  public var continueToken = ""
  /// Whether a watch begins with the state as events. Nil where the request does not say.
  public var sendInitialEvents: Bool?

  public init() {}

  /// Reads the parameters, with defaults, and checks them.
  /// - Parameter isWatch: whether the path or the verb says that it is a watch; nil where only the parameters do.
  /// - Throws: a `badRequest` where one cannot be read, an `invalid` where they do not go together.
  public init(_ query: QueryParameters, isWatch: Bool? = nil) throws(StatusError) {
    labelSelector = try LabelSelector.parse(query.text("labelSelector"))
    fieldSelector = try FieldSelector.parse(query.text("fieldSelector"))
    watch = isWatch ?? query.flag("watch") ?? false
    allowWatchBookmarks = query.flag("allowWatchBookmarks") ?? false
    resourceVersion = query.text("resourceVersion")
    resourceVersionMatch = query.text("resourceVersionMatch")
    timeout = try query.number("timeoutSeconds")
    limit = try query.number("limit") ?? 0
    continueToken = query.text("continue")
    sendInitialEvents = query.flag("sendInitialEvents")
    setDefaults()
    let errors = watch ? watchErrors() : listErrors()
    if !errors.isEmpty { throw .invalid(GroupKind(group: "meta.k8s.io", kind: "ListOptions"), "", errors) }
  }

  /// A watch from the latest or any state begins with that state.
  private mutating func setDefaults() {
    guard watch, sendInitialEvents == nil, resourceVersionMatch.isEmpty,
      resourceVersion.isEmpty || resourceVersion == "0"
    else { return }
    sendInitialEvents = true
    resourceVersionMatch = "NotOlderThan"
  }

  private func listErrors() -> [FieldError] {
    var errors: [FieldError] = []
    let path = FieldPath("resourceVersionMatch")
    if !resourceVersionMatch.isEmpty {
      if resourceVersion.isEmpty {
        errors.append(.forbidden(path, "resourceVersionMatch is forbidden unless resourceVersion is provided"))
      }
      if !continueToken.isEmpty {
        errors.append(.forbidden(path, "resourceVersionMatch is forbidden when continue is provided"))
      }
      if resourceVersionMatch != "Exact", resourceVersionMatch != "NotOlderThan" {
        errors.append(.notSupported(path, .string(resourceVersionMatch), ["Exact", "NotOlderThan", ""]))
      }
      if resourceVersionMatch == "Exact", resourceVersion == "0" {
        errors.append(.forbidden(path, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""))
      }
    }
    if sendInitialEvents != nil {
      errors.append(.forbidden(FieldPath("sendInitialEvents"), "sendInitialEvents is forbidden for list"))
    }
    return errors
  }

  private func watchErrors() -> [FieldError] {
    var errors: [FieldError] = []
    let path = FieldPath("resourceVersionMatch")
    if sendInitialEvents != nil, resourceVersionMatch != "NotOlderThan" {
      errors.append(.forbidden(path, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"))
    }
    if !resourceVersionMatch.isEmpty {
      if sendInitialEvents == nil {
        errors.append(
          .forbidden(path, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"))
      }
      if resourceVersionMatch != "NotOlderThan" {
        errors.append(.notSupported(path, .string(resourceVersionMatch), ["NotOlderThan"]))
      }
      if !continueToken.isEmpty {
        errors.append(.forbidden(path, "resourceVersionMatch is forbidden when continue is provided"))
      }
    }
    return errors
  }
}

/// What a get asks for (meta/v1 GetOptions).
public struct GetOptions: Sendable, Hashable {
  public var resourceVersion = ""

  public init() {}
  public init(_ query: QueryParameters) { resourceVersion = query.text("resourceVersion") }

  /// What the get wants to see.
  /// - Throws: a 500 where the resource version is malformed (``ResourceVersions/wanted(_:)``).
  public func wanted() throws(StatusError) -> ResourceVersions.Wanted {
    let revision = try ResourceVersions.wanted(resourceVersion)
    if resourceVersion.isEmpty { return .latest }
    return revision == 0 ? .any : .notOlderThan(revision)
  }
}
