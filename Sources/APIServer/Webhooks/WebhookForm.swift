import APIMachinery
import ClusterAPI

/// A request as webhooks are told of it: what it does to an object of which kind. Subresources with a kind of their own
/// are told by that: a change of a scale is one of a `Scale`.
struct WebhookForm: Sendable {
  let operation: AdmissionRequest.Operation
  let kind: GroupVersionKind
  let resource: GroupVersionResource
  /// Where objects of the resource are kept: resources that share it are the same objects under other names.
  let storage: GroupResource
  let subresource: String
  let namespace: String
  let name: String
  var object: JSONObject?
  let oldObject: JSONObject?
  private let scale: (paths: ScalePaths, kind: KindDescription)?
  /// Whether what is told is the object itself, and not something made of it or sent beside it.
  let isObject: Bool

  init(_ request: AdmissionRequest) {
    let target = request.resource
    let subresource = target.version.subresource(request.subresource)
    let own = target.groupVersionKind
    resource = GroupVersionResource(
      group: own.group, version: own.version, resource: target.resource.plural)
    storage = target.resource.storedAs ?? target.groupResource
    self.subresource = request.subresource
    name = request.name
    let isNamespace = target.groupResource == GroupResource(group: "", resource: "namespaces")
    namespace = isNamespace ? request.name : request.namespace
    if case .scale(let paths) = subresource?.behaviour, let description = subresource?.kind {
      scale = (paths, description)
      isObject = false
      operation = request.operation
      kind = description.groupVersionKind
      let form = ScaleForm(paths: paths, kind: kind)
      object = request.object.map(form.scale)
      oldObject = request.oldObject.map(form.scale)
    } else {
      scale = nil
      isObject = request.kind == nil
      operation = request.operation
      kind = request.kind ?? own
      object = request.object
      oldObject = request.oldObject
    }
  }

  /// Takes what webhooks have made of the object over into the request.
  func put(_ changed: JSONObject, into request: inout AdmissionRequest) {
    guard let scale else {
      request.object = changed
      return
    }
    guard var object = request.object else { return }
    JSONPlace.set(
      &object, JSONPlace.parts(scale.paths.specReplicas), to: changed["spec"]?["replicas"] ?? .integer(0))
    request.object = object
  }
}
