import APIMachinery
import HTTPService

/// What is answered where nothing is.
///
/// Below what a built-in group serves it is a `Status`. Elsewhere it is a line of text, as a server answers that knows
/// nothing of Kubernetes: kube-apiserver asks several servers in a row, and the last of them is such a one. Whoever is not
/// allowed to see the path has been refused before.
enum UnknownPath {
  static func answer(_ segments: [String], _ snapshot: ResourceCatalog.Snapshot) throws(StatusError) -> Response {
    guard !isServedByBuiltin(segments, snapshot) else { throw .noSuchPath() }
    var response = Response(.notFound, text: "404 page not found\n")
    response.headers.add("X-Content-Type-Options", "nosniff")
    return response
  }

  private static func isServedByBuiltin(_ segments: [String], _ snapshot: ResourceCatalog.Snapshot) -> Bool {
    switch segments.first {
    case "api", "version": true
    case "apis" where segments.count > 1: snapshot.resources.contains { !$0.isCustom && $0.group == segments[1] }
    default: false
    }
  }

  /// Whether objects of a resource are where the request says: in a namespace or not. Custom objects of all namespaces can
  /// only be listed and watched.
  static func isPlace(_ info: RequestInfo, of target: ServedResource) -> Bool {
    guard target.resource.isNamespaced else { return info.namespace.isEmpty || info.resource == "namespaces" }
    guard target.resource.isCustom, info.namespace.isEmpty else { return true }
    return info.verb == "list" || info.verb == "watch"
  }
}
