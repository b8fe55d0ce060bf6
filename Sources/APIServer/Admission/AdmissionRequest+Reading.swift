import APIMachinery

extension GroupResource {
  static let pods = GroupResource(group: "", resource: "pods")
  static let nodes = GroupResource(group: "", resource: "nodes")
  static let services = GroupResource(group: "", resource: "services")
  static let namespaces = GroupResource(group: "", resource: "namespaces")
  static let persistentVolumes = GroupResource(group: "", resource: "persistentvolumes")
  static let persistentVolumeClaims = GroupResource(group: "", resource: "persistentvolumeclaims")
  static let ingresses = GroupResource(group: "networking.k8s.io", resource: "ingresses")
  static let priorityClasses = GroupResource(group: "scheduling.k8s.io", resource: "priorityclasses")
}

extension AdmissionRequest {
  /// Whether an object of a resource is to be made, and no subresource of one.
  func creates(_ place: GroupResource) -> Bool {
    operation == .create && subresource.isEmpty && resource.groupResource == place
  }

  /// Whether an object of a resource is to be changed, and no subresource of one.
  func updates(_ place: GroupResource) -> Bool {
    operation == .update && subresource.isEmpty && resource.groupResource == place
  }

  /// What a plugin that does not like a request answers.
  func forbidden(_ why: String) -> StatusError { .forbidden(resource.groupResource, name, why) }

  /// Changes the object's spec.
  mutating func editSpec(_ change: (inout JSONObject) throws(StatusError) -> Void) throws(StatusError) {
    guard var object else { return }
    var spec = object["spec"]?.objectValue ?? [:]
    self.object = nil
    object["spec"] = nil
    defer { self.object = object }
    do {
      try change(&spec)
      object["spec"] = .object(spec)
    } catch {
      object["spec"] = .object(spec)
      throw error
    }
  }
}

extension ClusterStore {
  /// The objects of a built-in resource that is in no namespace.
  func clusterObjects(_ resource: String) -> ResourceCache { cache(of: "\(StorageLayout.root)\(resource)/") }

  /// The one that an annotation marks as the default: of several the newest, then the first by name.
  static func defaultObject(of cache: ResourceCache, markedBy annotations: [String]) -> CachedObject? {
    guard cache.count > 0 else { return nil }
    let marked = cache.everything.filter { object in annotations.contains { object.object.annotation($0) == "true" } }
    return marked.min {
      let (one, other) = ($0.object.creationTimestamp ?? "", $1.object.creationTimestamp ?? "")
      return one == other ? $0.name < $1.name : one > other
    }
  }
}
