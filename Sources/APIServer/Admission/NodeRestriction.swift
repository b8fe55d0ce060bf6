import APIMachinery
import FoundationEssentials
import PKI

/// Keeps nodes to themselves: what the authorizer cannot see, since it is in the object (Kubernetes, admission plugin
/// NodeRestriction).
public struct NodeRestriction: Admission {
  private let store: ClusterStore
  private let audiences: TokenAudiences

  /// - Parameters:
  ///   - authorizer: asked whether a node may request a token for an audience that its pod does not name.
  public init(_ store: ClusterStore, authorizer: any Authorizer) {
    self.store = store
    audiences = TokenAudiences(store: store, authorizer: authorizer)
  }

  public var interest: AdmissionInterest { .mutating() }

  public func validate(_ request: AdmissionRequest) async throws {}

  public func mutate(_ request: inout AdmissionRequest) async throws {
    guard let node = NodeIdentity.name(of: request.user), request.operation != .connect else { return }
    guard !node.isEmpty else {
      throw forbidden(request, "could not determine node from user \(request.user.name.goQuoted)")
    }
    let place = request.resource.groupResource
    switch (place.group, place.resource) {
    case ("", "pods"): try pod(node, request)
    case ("", "nodes"): try self.node(node, request)
    case ("", "persistentvolumeclaims"): try claim(node, request)
    case ("", "serviceaccounts"): try await token(node, request)
    case ("coordination.k8s.io", "leases"):
      guard request.namespace == "kube-node-lease" else {
        throw forbidden(request, "can only access leases in the \"kube-node-lease\" system namespace")
      }
      guard request.name == node else {
        throw forbidden(request, "can only access node lease with the same name as the requesting node")
      }
    case ("storage.k8s.io", "csinodes"):
      guard request.name == node else {
        throw forbidden(request, "can only access CSINode with the same name as the requesting node")
      }
    case ("resource.k8s.io", "resourceslices"): try slice(node, request)
    case ("certificates.k8s.io", "certificatesigningrequests"): try certificate(node, request)
    default: break
    }
  }

  private func forbidden(_ request: AdmissionRequest, _ why: String) -> StatusError {
    .forbidden(request.resource.groupResource, request.name, why)
  }

  private func stored(_ keys: String, _ request: AdmissionRequest, _ name: String) throws(StatusError) -> CachedObject {
    let prefix = "\(StorageLayout.root)\(keys)/"
    let key = prefix + (keys == "pods" ? request.namespace + "/" : "") + name
    guard let object = store.cache(of: prefix).get(key) else {
      throw .notFound(GroupResource(group: "", resource: keys == "minions" ? "nodes" : keys), name)
    }
    return object
  }

  // MARK: Pods

  private func pod(_ node: String, _ request: AdmissionRequest) throws(StatusError) {
    let name = node.goQuoted
    let isOwn = request.oldObject?["spec"]?["nodeName"]?.stringValue == node
    switch (request.subresource, request.operation) {
    case ("", .create): try mirrorPod(node, request)
    case ("", .delete):
      guard isOwn else {
        throw forbidden(request, "node \(name) can only delete pods with spec.nodeName set to itself")
      }
    case ("", let operation):
      throw forbidden(
        request,
        "unexpected operation \(operation.rawValue.goQuoted), node \(name) can only create and delete mirror pods")
    case ("status", .update):
      guard isOwn else {
        throw forbidden(request, "node \(name) can only update pod status for pods with spec.nodeName set to itself")
      }
      guard request.oldObject?.labelValues == request.object?.labelValues else {
        throw forbidden(request, "node \(name) cannot update labels through pod status")
      }
      guard Self.claimStatuses(request.oldObject) == Self.claimStatuses(request.object) else {
        throw forbidden(request, "node \(name) cannot update resource claim statues")
      }
      // The claim that it names is one that the node may read.
      guard Self.extendedClaim(request.oldObject) == Self.extendedClaim(request.object) else {
        throw forbidden(request, "node \(name) cannot update extended resource claim status")
      }
    case ("eviction", .create):
      let pod = try stored("pods", request, request.name)
      guard pod.field(["spec", "nodeName"]) == node else {
        throw forbidden(request, "node \(node) can only evict pods with spec.nodeName set to itself")
      }
    case ("status", let operation): throw forbidden(request, "unexpected operation \(operation.rawValue.goQuoted)")
    case ("eviction", let operation): throw forbidden(request, "unexpected operation \(operation.rawValue)")
    default:
      throw forbidden(
        request,
        "unexpected pod subresource \(request.subresource.goQuoted), only 'status' and 'eviction' are allowed")
    }
  }

  private static func claimStatuses(_ pod: JSONObject?) -> [[JSONValue?]] {
    (pod?["status"]?["resourceClaimStatuses"]?.arrayValue ?? []).map { [$0["name"], $0["resourceClaimName"]] }
  }

  private static func extendedClaim(_ pod: JSONObject?) -> JSONValue? {
    let status = pod?["status"]?["extendedResourceClaimStatus"]
    return status == .null ? nil : status
  }

  /// A node makes only pods that stand for those which it runs without the server, and these name nothing else.
  private func mirrorPod(_ node: String, _ request: AdmissionRequest) throws(StatusError) {
    let name = node.goQuoted
    let pod = request.object ?? [:]
    guard pod["metadata"]?["annotations"]?[PodReferences.mirrorAnnotation] != nil else {
      throw forbidden(
        request,
        "pod does not have \(PodReferences.mirrorAnnotation.goQuoted) annotation, node \(name) can only create mirror pods"
      )
    }
    guard pod["spec"]?["nodeName"]?.stringValue == node else {
      throw forbidden(request, "node \(name) can only create pods with spec.nodeName set to itself")
    }
    let owners = pod["metadata"]?["ownerReferences"]?.arrayValue ?? []
    guard owners.count <= 1 else {
      throw forbidden(request, "node \(name) can only create pods with a single owner reference set to itself")
    }
    guard let owner = owners.first, owner["apiVersion"] == "v1", owner["kind"] == "Node",
      owner["name"]?.stringValue == node
    else { throw forbidden(request, "node \(name) can only create pods with an owner reference set to itself") }
    guard owner["controller"] == true else {
      throw forbidden(request, "node \(name) can only create pods with a controller owner reference set to itself")
    }
    guard owner["blockOwnerDeletion"] != true else {
      throw forbidden(request, "node \(name) must not set blockOwnerDeletion on an owner reference")
    }
    let uid = try stored("minions", request, node).uid
    let said = owner["uid"]?.stringValue ?? ""
    guard said == uid else { throw forbidden(request, "node \(node) UID mismatch: expected \(said) got \(uid)") }

    if let problem = MirrorPodReferences.problem(pod, node: node) { throw forbidden(request, problem) }
  }

  // MARK: Nodes

  private func node(_ node: String, _ request: AdmissionRequest) throws(StatusError) {
    guard request.name == node else {
      throw forbidden(request, "node \(node.goQuoted) is not allowed to modify node \(request.name.goQuoted)")
    }
    guard let new = request.object else { return }
    let old = request.oldObject
    let changed = NodeLabels.forbidden(new.labelValues, old: old?.labelValues ?? [:])
    switch request.operation {
    case .create:
      if new["spec"]?["configSource"] != nil {
        throw forbidden(request, "node \(node.goQuoted) is not allowed to create pods with a non-nil configSource")
      }
      if !changed.isEmpty {
        throw forbidden(
          request,
          "node \(node.goQuoted) is not allowed to set the following labels: \(changed.joined(separator: ", "))")
      }
    case .update:
      if let source = new["spec"]?["configSource"], source != old?["spec"]?["configSource"] {
        throw forbidden(
          request, "node \(node.goQuoted) is not allowed to update configSource to a new non-nil configSource")
      }
      guard (new["spec"]?["taints"]?.arrayValue ?? []) == (old?["spec"]?["taints"]?.arrayValue ?? []) else {
        throw forbidden(request, "node \(node.goQuoted) is not allowed to modify taints")
      }
      // An owner that is not there would have the collector remove the node, which it may not do itself.
      guard Self.owners(new) == Self.owners(old) else {
        throw forbidden(request, "node \(node.goQuoted) is not allowed to modify ownerReferences")
      }
      if !changed.isEmpty {
        throw forbidden(request, "is not allowed to modify labels: \(changed.joined(separator: ", "))")
      }
    default: break
    }
  }

  private static func owners(_ node: JSONObject?) -> [JSONValue] {
    node?["metadata"]?["ownerReferences"]?.arrayValue ?? []
  }

  // MARK: Others

  private func claim(_ node: String, _ request: AdmissionRequest) throws(StatusError) {
    guard request.subresource == "status" else { throw forbidden(request, "may only update PVC status") }
    guard request.operation == .update else {
      throw forbidden(request, "unexpected operation \(request.operation.rawValue.goQuoted)")
    }
    func fixed(_ claim: JSONObject?) -> JSONObject {
      var claim = claim ?? [:]
      claim.setMetadata("resourceVersion", nil)
      claim.setMetadata("managedFields", nil)
      var status = claim["status"]?.objectValue ?? [:]
      for name in ["capacity", "conditions", "allocatedResourceStatuses", "allocatedResources"] { status[name] = nil }
      claim["status"] = .object(status)
      return claim
    }
    let (old, new) = (fixed(request.oldObject), fixed(request.object))
    guard old == new else {
      let members = Set(old.keys + new.keys).filter { old[$0] != new[$0] }.sorted()
      throw forbidden(
        request,
        "node \(node.goQuoted) is not allowed to update fields other than status.quantity and status.conditions: \(members.joined(separator: ", "))"
      )
    }
  }

  private func token(_ node: String, _ request: AdmissionRequest) async throws(StatusError) {
    guard request.operation == .create, request.subresource == "token" else { return }
    let reference = request.object?["spec"]?["boundObjectRef"]
    guard let reference, reference["apiVersion"] == "v1", reference["kind"] == "Pod",
      let name = reference["name"]?.stringValue, !name.isEmpty
    else { throw forbidden(request, "node requested token not bound to a pod") }
    guard let uid = reference["uid"]?.stringValue, !uid.isEmpty else {
      throw forbidden(request, "node requested token with a pod binding without a uid")
    }
    let pod = try stored("pods", request, name)
    guard pod.uid == uid else {
      throw forbidden(
        request,
        "the UID in the bound object reference (\(uid)) does not match the UID in record. The object might have been deleted and then recreated"
      )
    }
    guard pod.field(["spec", "nodeName"]) == node else {
      throw forbidden(request, "node requested token bound to a pod scheduled on a different node")
    }
    if let why = await audiences.problem(request, pod) { throw forbidden(request, why) }
  }

  private func slice(_ node: String, _ request: AdmissionRequest) throws(StatusError) {
    func isOwn(_ slice: JSONObject?) -> Bool { slice?["spec"]?["nodeName"]?.stringValue == node }
    switch request.operation {
    case .create where !isOwn(request.object):
      throw forbidden(request, "can only create ResourceSlice with the same NodeName as the requesting node")
    case .delete where !isOwn(request.oldObject):
      throw forbidden(request, "can only delete ResourceSlice with the same NodeName as the requesting node")
    default: break
    }
  }

  private static let ownSigners: Set<String> = [
    "kubernetes.io/kubelet-serving", "kubernetes.io/kube-apiserver-client-kubelet",
  ]

  private func certificate(_ node: String, _ request: AdmissionRequest) throws(StatusError) {
    guard request.operation == .create, request.subresource.isEmpty,
      Self.ownSigners.contains(request.object?["spec"]?["signerName"]?.stringValue ?? "")
    else { return }
    let encoded = request.object?["spec"]?["request"]?.stringValue ?? ""
    guard let bytes = Data(base64Encoded: encoded), let pem = String(validating: bytes, as: UTF8.self) else {
      throw forbidden(request, "unable to parse csr: PEM block type must be CERTIFICATE REQUEST")
    }
    let name: String
    do { name = try CertificateRequest(pem: pem).commonName } catch {
      throw forbidden(request, "unable to parse csr: \(error)")
    }
    guard name == "system:node:\(node)" else {
      throw forbidden(request, "can only create a node CSR with CN=system:node:\(node)")
    }
  }
}
