import APIMachinery
import ClusterAPI
import HTTPService

/// What can be said of a connection to a pod before its node is asked.
struct PodConnection {
  let pod: JSONObject
  let subresource: String
  let query: Query

  /// - Returns: the answer where no node has to be asked.
  /// - Throws: 400 where the pod has no such container, no node yet, or no address to pass requests on to.
  func answer() throws(StatusError) -> Response? {
    let name = pod.objectName
    switch subresource {
    case "log", "exec", "attach": try checkContainer(name)
    case "proxy" where (pod["status"]?["podIP"]?.stringValue ?? "").isEmpty: throw .badRequest("address not allowed")
    default: break
    }
    guard (pod["spec"]?["nodeName"]?.stringValue ?? "").isEmpty else { return nil }
    switch subresource {
    // A pod that runs nowhere has said nothing yet.
    case "log": return Response(.ok, headers: ["Content-Type": "text/plain"])
    case "exec", "attach", "portforward":
      throw .badRequest("pod \(name) does not have a host assigned")
    default: return nil
    }
  }

  private func checkContainer(_ name: String) throws(StatusError) {
    let normal = names(in: "containers")
    let others = names(in: "initContainers") + names(in: "ephemeralContainers")
    let wanted = query["container"] ?? ""
    if wanted.isEmpty {
      guard normal.count > 1 else { return }
      let initial = names(in: "initContainers")
      let list = normal.joined(separator: " ")
      let more = initial.isEmpty ? "" : " or one of the init containers: [\(initial.joined(separator: " "))]"
      throw .badRequest("a container name must be specified for pod \(name), choose one of: [\(list)]\(more)")
    }
    guard normal.contains(wanted) || others.contains(wanted) else {
      throw .badRequest("container \(wanted) is not valid for pod \(name)")
    }
  }

  private func names(in list: String) -> [String] {
    pod["spec"]?[list]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
  }
}
