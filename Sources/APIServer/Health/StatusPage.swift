import APIMachinery
import HTTPService

/// `/statusz` and `/flagz`: what the server is and how it was started, for people, and for programs that ask for it in a
/// version (Kubernetes, "z-pages"; `config.k8s.io` Statusz and Flagz).
struct StatusPage {
  private static let component = "apiserver"
  private static let group = "config.k8s.io"
  private static let versions = ["v1alpha1", "v1beta1"]
  /// Those that will be served no more.
  private static let deprecated: Set<String> = ["v1alpha1"]
  /// What is served besides what is meant for people who look for a fault.
  private static let others: Set<String> = ["apis", "api", "openid", "openapi", ".well-known"]

  let version: ServerVersion
  /// When the server began.
  let started: Timestamp
  let now: Timestamp
  /// Everything that is served by a path of its own.
  let paths: [String]
  /// The flags that were given.
  let flags: [String: String]

  /// Nil where the request is about something else.
  /// - Throws: 406 where the client takes no form that is served.
  func respond(_ request: Request) throws(StatusError) -> Response? {
    guard request.method == .get || request.method == .head else { return nil }
    switch request.path {
    case "/statusz": return try answer(request, "Statusz", statusText) { status }
    case "/flagz":
      return try answer(request, "Flagz", flagText) {
        ["flags": .object(JSONObject(flags.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))]
      }
    default: return nil
    }
  }

  /// For a program it is an object of the version that it asks for; there is no other JSON.
  private func answer(
    _ request: Request, _ kind: String, _ text: String, _ members: () -> JSONObject
  ) throws(StatusError) -> Response {
    guard let ranges = MediaRange.accepted(request.headers) else { return Response(.ok, text: text) }
    for range in ranges {
      if range.parameters["as"] == nil, ["text/plain", "text/*", "*/*"].contains(range.type) {
        return Response(.ok, text: text)
      }
      guard range.parameters["as"] == kind, range.parameters["g"] == Self.group,
        let version = range.parameters["v"], Self.versions.contains(version)
      else { continue }
      var document: JSONObject = [
        "kind": .string(kind), "apiVersion": .string("\(Self.group)/\(version)"),
        "metadata": ["name": .string(Self.component)],
      ]
      for (name, value) in members() { document[name] = value }
      var response: Response
      switch range.type {
      case "application/json", "application/*", "*/*": response = Answer.json(JSONValue.object(document).jsonBytes())
      case "application/yaml": response = Answer.yaml(.object(document))
      default: continue
      }
      if Self.deprecated.contains(version) {
        let page = kind.lowercased()
        response = Answer.warned(
          response, ["This version of the \(page) endpoint is deprecated. Please use a newer version."])
      }
      return response
    }
    throw .notAcceptable(accepted: ["application/json", "application/yaml", "text/plain"])
  }

  private func heading(_ page: String) -> String {
    """

    \(Self.component) \(page)
    Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for \
    debugging purposes only.

    """
  }

  private var uptime: Int64 { max(0, now.seconds - started.seconds) }

  private var status: JSONObject {
    [
      "startTime": .string(started.description), "uptimeSeconds": .integer(uptime), "goVersion": "",
      "binaryVersion": .string("\(version.major).\(version.minor)"),
      "emulationVersion": .string("\(version.major).\(version.minor)"),
      "paths": .array(folders.map { .string($0) }),
    ]
  }

  /// The first parts of the paths that are of use.
  private var folders: [String] {
    Set(paths.compactMap { $0.split(separator: "/").first.map(String.init) }).subtracting(Self.others).sorted().map {
      "/" + $0
    }
  }

  private var statusText: String {
    let (hours, minutes, seconds) = (uptime / 3600, uptime / 60 % 60, uptime % 60)
    return heading("statusz") + """

      Started: \(HTTPDate.format(seconds: started.seconds))
      Up: \(hours) hr \(minutes < 10 ? "0" : "")\(minutes) min \(seconds < 10 ? "0" : "")\(seconds) sec
      Go version: none
      Binary version: \(version.major).\(version.minor)
      Emulation version: \(version.major).\(version.minor)
      Paths: \(folders.joined(separator: " "))

      """
  }

  private var flagText: String {
    heading("flagz") + flags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }.joined()
  }
}
