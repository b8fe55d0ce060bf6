import APIMachinery
import ClusterAPI

/// Registers the versions that this server serves itself, and takes those of custom resources away that are no longer served
/// (Kubernetes, "Aggregation layer").
struct LocalAPIServices: Sendable {
  private static let label = "kube-aggregator.kubernetes.io/automanaged"
  private static let groupVersion = GroupVersion(group: "apiregistration.k8s.io", version: "v1")
  private static let definitions = "\(StorageLayout.root)apiextensions.k8s.io/customresourcedefinitions/"

  private static let customPriority: (group: Int64, version: Int64) = (GroupPriority.custom, 100)

  /// How long to wait after a failure; each one doubles it up to the longest.
  private static let patience = Duration.seconds(1)
  private static let longestPatience = Duration.seconds(60)

  let registry: Registry
  /// Told what goes wrong.
  let report: @Sendable (String) -> Void

  private struct Wanted {
    let groupVersion: GroupVersion
    let priorities: (group: Int64, version: Int64)
    /// When it is put right: once as the server starts, or always.
    let mode: String
    var name: String { "\(groupVersion.version).\(groupVersion.group)" }
  }

  /// Follows custom resources until the task is cancelled.
  func run() async {
    let cache = registry.store.cache(of: Self.definitions)
    while !Task.isCancelled {
      guard let watch = cache.watch(after: cache.revision).watch else { continue }
      defer { watch.end() }
      guard await settle(isStart: true) else { return }
      while await watch.next() != nil {
        guard await settle(isStart: false) else { return }
      }
    }
  }

  /// Registers and takes away until all is in order.
  /// - Returns: false where the task was cancelled before.
  private func settle(isStart: Bool) async -> Bool {
    var patience = Self.patience
    while true {
      guard let failure = await settleOnce(isStart: isStart) else { return true }
      report("registering what is served: \(failure)")
      do { try await Task.sleep(for: patience) } catch { return false }
      patience = min(patience * 2, Self.longestPatience)
    }
  }

  /// - Returns: what went wrong first; the rest was done all the same.
  private func settleOnce(isStart: Bool) async -> String? {
    guard let target = registry.catalog.snapshot.resource(Self.groupVersion, "apiservices") else {
      return "APIServices are not served"
    }
    var wanted = Self.custom(registry.store.cache(of: Self.definitions).list(Self.definitions).objects)
    if isStart { wanted += builtin() }
    let objects = registry.store.cache(of: AggregatedServices.prefix).list(AggregatedServices.prefix).objects
    let present = Set(objects.map(\.name))
    let names = Set(wanted.map(\.name))
    var failure: String?
    for one in wanted where !present.contains(one.name) {
      do { try await create(one, target) } catch { failure = failure ?? "APIService \(one.name): \(error)" }
    }
    // Those of what is built in go as the server starts, where it serves them no longer.
    let modes: Set<String> = isStart ? ["true", "onstart"] : ["true"]
    for object in objects
    where !names.contains(object.name) && modes.contains(object.object.header.labels[Self.label] ?? "") {
      do {
        let context = RequestContext.ofServer(verb: "delete", name: object.name)
        _ = try await registry.delete(target, context, namespace: "", name: object.name, DeleteOptions())
      } catch let error as StatusError where error.reason == .notFound {
        // Somebody else was faster.
        continue
      } catch { failure = failure ?? "APIService \(object.name): \(error)" }
    }
    return failure
  }

  private func builtin() -> [Wanted] {
    var seen: [String: Int64] = [:]
    return registry.catalog.builtinVersions.compactMap { groupVersion in
      // The group of these objects themselves is served without one, as it is by kube-apiserver.
      guard groupVersion != Self.groupVersion else { return nil }
      let place = seen[groupVersion.group, default: 0]
      seen[groupVersion.group] = place + 1
      return Wanted(
        groupVersion: groupVersion,
        priorities: (GroupPriority.builtin(groupVersion.group), GroupPriority.version(groupVersion, place: place)),
        mode: "onstart")
    }
  }

  private static func custom(_ definitions: ArraySlice<CachedObject>) -> [Wanted] {
    var seen: Set<GroupVersion> = []
    var wanted: [Wanted] = []
    for object in definitions {
      let definition = object.object.tree()
      guard CustomResourceStatus.isTrue("Established", definition) else { continue }
      let group = definition["spec"]?["group"]?.stringValue ?? ""
      for version in definition["spec"]?["versions"]?.arrayValue ?? [] where version["served"]?.boolValue == true {
        let groupVersion = GroupVersion(group: group, version: version["name"]?.stringValue ?? "")
        guard seen.insert(groupVersion).inserted else { continue }
        wanted.append(Wanted(groupVersion: groupVersion, priorities: customPriority, mode: "true"))
      }
    }
    return wanted
  }

  private func create(_ wanted: Wanted, _ target: ServedResource) async throws {
    let object: JSONObject = [
      "kind": "APIService", "apiVersion": .string(Self.groupVersion.apiVersion),
      "metadata": ["name": .string(wanted.name), "labels": [Self.label: .string(wanted.mode)]],
      "spec": [
        "group": .string(wanted.groupVersion.group), "version": .string(wanted.groupVersion.version),
        "groupPriorityMinimum": .integer(wanted.priorities.group),
        "versionPriority": .integer(wanted.priorities.version),
      ],
    ]
    do {
      _ = try await registry.create(object, target, .ofServer(verb: "create", name: wanted.name))
    } catch let error as StatusError where error.reason == .alreadyExists {
      // Another server was faster.
      return
    }
  }
}
