import APIMachinery
import ClusterAPI
import HTTPService

/// The query of a list or a watch (`meta.k8s.io/v1` ListOptions).
struct ListQuery {
  var options = Registry.ListOptions()
  let labelSelector: String
  let fieldSelector: String
  let timeoutSeconds: Int64?
  let allowsBookmarks: Bool
  let sendsInitialEvents: Bool
  /// The resource version as it was said, an empty one being none.
  let revision: Int64?

  init(_ query: Query, _ target: ServedResource, namespace: String) throws(StatusError) {
    labelSelector = query["labelSelector"] ?? ""
    fieldSelector = query["fieldSelector"] ?? ""
    allowsBookmarks = RequestInfo.isTrue(query["allowWatchBookmarks"])
    sendsInitialEvents = RequestInfo.isTrue(query["sendInitialEvents"])
    timeoutSeconds = try Self.number(query, "timeoutSeconds")
    revision = try Self.revision(query)
    options.revision = revision
    options.limit = try Self.number(query, "limit").map { Int(clamping: $0) }
    let isWatch = RequestInfo.isTrue(query["watch"])
    if !isWatch, query["sendInitialEvents"] != nil {
      throw Self.invalid(.forbidden(FieldPath("sendInitialEvents"), "sendInitialEvents is forbidden for list"))
    }
    if let text = query["resourceVersionMatch"], !text.isEmpty {
      guard let match = Registry.ListOptions.Match(rawValue: text) else {
        throw Self.invalid(
          .notSupported(FieldPath("resourceVersionMatch"), .string(text), ["Exact", "NotOlderThan", ""]))
      }
      if !isWatch {
        guard revision != nil else {
          throw Self.invalid(
            .forbidden(
              FieldPath("resourceVersionMatch"),
              "resourceVersionMatch is forbidden unless resourceVersion is provided"))
        }
        if match == .exact, revision == 0 {
          throw Self.invalid(
            .forbidden(
              FieldPath("resourceVersionMatch"), "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""
            ))
        }
      } else if match != .notOlderThan || query["sendInitialEvents"] == nil {
        throw Self.invalid(
          .forbidden(
            FieldPath("resourceVersionMatch"),
            "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"))
      }
      options.match = match
    } else if isWatch, query["sendInitialEvents"] != nil {
      throw Self.invalid(
        .forbidden(
          FieldPath("resourceVersionMatch"),
          "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"))
    }
    if let text = query["continue"], !text.isEmpty {
      guard revision == nil || revision == 0 else {
        throw .badRequest("specifying resource version is not allowed when using continue")
      }
      options.continuation = try ContinueToken(text)
      options.revision = options.continuation.flatMap(\.revision).map { Int64($0) }
    }
  }

  private static func invalid(_ error: FieldError) -> StatusError {
    .invalid(GroupKind(group: "meta.k8s.io", kind: "ListOptions"), "", [error])
  }

  private static func number(_ query: Query, _ name: String) throws(StatusError) -> Int64? {
    guard let text = query[name], !text.isEmpty else { return nil }
    guard let value = Int64(text) else {
      throw .badRequest("strconv.ParseInt: parsing \(text.goQuoted): invalid syntax")
    }
    return value
  }

  /// The resource version that a read must show; nil for the newest.
  static func revision(_ query: Query) throws(StatusError) -> Int64? {
    guard let text = query["resourceVersion"], !text.isEmpty else { return nil }
    guard let value = Int64(text), value >= 0 else {
      throw .invalid(
        GroupKind(group: "meta.k8s.io", kind: "ListOptions"), "",
        [
          .invalid(
            FieldPath("resourceVersion"), .string(text), "strconv.ParseUint: parsing \(text.goQuoted): invalid syntax")
        ])
    }
    return value
  }

  func selection(_ target: ServedResource, _ kinds: BuiltinKinds, name: String) throws(StatusError) -> Selection {
    try Selection(labels: labelSelector, fields: fieldSelector, name: name, target, kinds)
  }
}
