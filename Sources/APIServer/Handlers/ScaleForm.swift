import APIMachinery

/// What an object looks like as an `autoscaling/v1` Scale.
struct ScaleForm {
  let paths: ScalePaths
  let kind: GroupVersionKind

  func scale(of object: JSONObject) -> JSONObject {
    func number(_ path: String) -> Int64 {
      JSONPlace.value(object, JSONPlace.parts(path))?.integerValue ?? 0
    }
    var metadata: JSONObject = [:]
    for name in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
      metadata[name] = object["metadata"]?[name]
    }
    var status: JSONObject = ["replicas": .integer(number(paths.statusReplicas))]
    if let path = paths.labelSelector, let selector = JSONPlace.value(object, JSONPlace.parts(path)) {
      switch selector {
      case .string(let text): status["selector"] = .string(text)
      case .object(let members) where members["matchLabels"] == nil && members["matchExpressions"] == nil:
        status["selector"] = .string(LabelSelector(labels: LabelSet(json: selector)).description)
      default: status["selector"] = (try? LabelSelector(json: selector)).map { .string($0.description) }
      }
    }
    var spec: JSONObject = [:]
    // None is not told (`autoscaling/v1` ScaleSpec).
    if case let wanted = number(paths.specReplicas), wanted != 0 { spec["replicas"] = .integer(wanted) }
    return [
      "kind": "Scale", "apiVersion": .string(kind.apiVersion), "metadata": .object(metadata),
      "spec": .object(spec), "status": .object(status),
    ]
  }
}
