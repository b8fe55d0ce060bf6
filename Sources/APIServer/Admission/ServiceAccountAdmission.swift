import APIMachinery

/// Gives pods a service account, its token and its secrets for pulling images, and refuses those whose account is not
/// there (admission plugin ServiceAccount).
public struct ServiceAccountAdmission: Admission {
  private let store: ClusterStore

  private static let pods = GroupResource(group: "", resource: "pods")
  private static let mirror = "kubernetes.io/config.mirror"
  private static let prefix = "\(StorageLayout.root)serviceaccounts/"
  /// A namespace gets its default account a little after it was made.
  private static let patience = Duration.milliseconds(1500)

  public init(_ store: ClusterStore) { self.store = store }

  public var interest: AdmissionInterest { .both(.pods) }

  public func mutate(_ request: inout AdmissionRequest) async throws {
    guard Self.isCreation(request), var pod = request.object else { return }
    // What a node has made is told as it is, and refused before anything else is said of it.
    guard pod["metadata"]?["annotations"]?[Self.mirror] == nil else {
      return try validate(mirror: pod, request)
    }
    request.object = nil
    defer { request.object = pod }
    var spec = pod["spec"]?.objectValue ?? [:]
    if (spec["serviceAccountName"]?.stringValue ?? "").isEmpty { spec["serviceAccountName"] = "default" }
    spec["serviceAccount"] = spec["serviceAccountName"]
    let account = try await account(of: spec, request)
    let mounts =
      spec["automountServiceAccountToken"]?.boolValue
      ?? account.object.value(at: "automountServiceAccountToken")?.boolValue ?? true
    if mounts { AccountTokenVolume.mount(in: &spec) }
    if (spec["imagePullSecrets"]?.arrayValue ?? []).isEmpty,
      let secrets = account.object.value(at: "imagePullSecrets"), secrets.arrayValue?.isEmpty == false
    {
      spec["imagePullSecrets"] = secrets
    }
    pod["spec"] = .object(spec)
  }

  public func validate(_ request: AdmissionRequest) async throws {
    guard let pod = request.object else { return }
    let isEphemeral =
      request.subresource == "ephemeralcontainers" && request.operation == .update
      && request.resource.groupResource == Self.pods
    guard Self.isCreation(request) || isEphemeral else { return }
    let spec = pod["spec"]?.objectValue ?? [:]
    if pod["metadata"]?["annotations"]?[Self.mirror] != nil {
      if !isEphemeral { try validate(mirror: pod, request) }
      return
    }
    let account = try await account(of: spec, request)
    guard MountableSecrets.areEnforced(by: account) else { return }
    do throws(MountableSecrets.Violation) {
      try MountableSecrets(account).check(spec, onlyEphemeral: isEphemeral)
    } catch { throw StatusError.forbidden(Self.pods, request.name, error.message) }
  }

  private static func isCreation(_ request: AdmissionRequest) -> Bool {
    request.operation == .create && request.subresource.isEmpty && request.resource.groupResource == pods
  }

  private func validate(mirror pod: JSONObject, _ request: AdmissionRequest) throws(StatusError) {
    func refuse(_ what: String) throws(StatusError) {
      throw .forbidden(Self.pods, request.name, "a mirror pod may not \(what)")
    }
    let named = PodReferences(pod)
    if !named.serviceAccount.isEmpty { try refuse("reference service accounts") }
    if !named.secrets.isEmpty { try refuse("reference secrets") }
    for volume in pod["spec"]?["volumes"]?.arrayValue ?? [] {
      for source in volume["projected"]?["sources"]?.arrayValue ?? [] where source["serviceAccountToken"] != nil {
        try refuse("use ServiceAccountToken volume projections")
      }
    }
  }

  // MARK: The account

  /// - Throws: 403 where there is none.
  private func account(of spec: JSONObject, _ request: AdmissionRequest) async throws -> CachedObject {
    let name = spec["serviceAccountName"]?.stringValue ?? ""
    if let account = await find(request.namespace, name) { return account }
    let problem = LookupName.problem(of: name) ?? "serviceaccount \(name.goQuoted) not found"
    throw StatusError.forbidden(
      Self.pods, request.name, "error looking up service account \(request.namespace)/\(name): \(problem)")
  }

  private func find(_ namespace: String, _ name: String) async -> CachedObject? {
    let cache = store.cache(of: Self.prefix)
    let key = "\(Self.prefix)\(namespace)/\(name)"
    if let account = cache.get(key) { return account }
    guard name == "default" else { return nil }
    let watch = cache.listAndWatch("\(Self.prefix)\(namespace)/").watch
    let timer = Task {
      try await Task.sleep(for: Self.patience)
      watch.end()
    }
    defer {
      timer.cancel()
      watch.end()
    }
    while true {
      if let account = cache.get(key) { return account }
      guard await watch.next() != nil else { return nil }
    }
  }
}
