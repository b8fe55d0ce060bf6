import APIMachinery
import HTTPService

/// Keeps the objects of flow control and what the server does the same: makes the default ones and keeps them up to
/// date, takes every change, and says in each schema's status whether its level exists.
struct FlowControlKeeper {
  let registry: Registry
  let control: FlowControl

  static let autoupdate = "apf.kubernetes.io/autoupdate-spec"
  private static let producer = "api-priority-and-fairness-config-producer-v1"
  private static let consumer = "api-priority-and-fairness-config-consumer-v1"
  private static let place = GroupVersion(group: FlowControlPolicy.group, version: "v1")
  private static let pause = Duration.seconds(1)

  private var schemas: ServedResource? { registry.catalog.snapshot.resource(Self.place, "flowschemas") }
  private var levels: ServedResource? {
    registry.catalog.snapshot.resource(Self.place, "prioritylevelconfigurations")
  }

  /// Makes what every cluster has, and obeys what is there.
  func prepare() async throws {
    try await maintain()
    apply()
  }

  /// Follows changes until the task is cancelled.
  func run() async {
    let (signals, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await control.gate.keepDividing() }
      for target in [schemas, levels].compactMap({ $0 }) {
        let (cache, prefix) = (registry.cache(of: target), target.prefix(namespace: ""))
        group.addTask {
          while !Task.isCancelled {
            let watch = cache.listAndWatch(prefix).watch
            continuation.yield()
            while await watch.next() != nil { continuation.yield() }
          }
        }
      }
      for await _ in signals {
        apply()
        do {
          try await maintain()
          try await tellDangling()
        } catch {
          // The store or another server is in the way: the same again a little later.
          do { try await Task.sleep(for: Self.pause) } catch { break }
          continuation.yield()
        }
      }
      group.cancelAll()
    }
  }

  private func objects(_ target: ServedResource?) -> [CachedObject] {
    target.map { Array(registry.cache(of: $0).list($0.prefix(namespace: "")).objects) } ?? []
  }

  private func apply() {
    control.configure(
      objects(schemas).map { FlowSchema($0.object.tree()) }, objects(levels).map { PriorityLevel($0.object.tree()) })
  }

  private static func context(_ verb: String, _ name: String, subresource: String = "", agent: String)
    -> RequestContext
  {
    let info = RequestContext.ofServer(verb: verb, name: name, subresource: subresource).info
    return RequestContext(info: info, user: .server, query: .init(), headers: ["User-Agent": agent])
  }

  // MARK: The default objects

  private func maintain() async throws {
    if let levels { try await maintain(FlowControlPolicy.levels, FlowControlPolicy.mandatoryLevels, levels) }
    if let schemas { try await maintain(FlowControlPolicy.schemas, FlowControlPolicy.mandatorySchemas, schemas) }
  }

  private func maintain(_ wanted: [JSONObject], _ mandatory: Int, _ target: ServedResource) async throws {
    // All at once: the store writes them together.
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, object) in wanted.enumerated() {
        group.addTask { try await maintain(object, isMandatory: index < mandatory, target) }
      }
      try await group.waitForAll()
    }
    // Those of an earlier version that nobody has taken over.
    let names = Set(wanted.map(\.objectName))
    for object in objects(target) where !names.contains(object.name) && Self.flag(object.object) == true {
      do {
        let context = Self.context("delete", object.name, agent: Self.producer)
        _ = try await registry.delete(target, context, namespace: "", name: object.name, DeleteOptions())
      } catch let error as StatusError where error.reason == .notFound {}
    }
  }

  private func maintain(_ wanted: JSONObject, isMandatory: Bool, _ target: ServedResource) async throws {
    let name = wanted.objectName
    guard let present = registry.cache(of: target).get(target.key(namespace: "", name: name)) else {
      var object = wanted
      object.setMetadata("annotations", .object(JSONObject([(Self.autoupdate, JSONValue.string("true"))])))
      do {
        _ = try await registry.create(object, target, Self.context("create", name, agent: Self.producer))
      } catch let error as StatusError where error.reason == .alreadyExists {
        // Another server was faster.
      }
      return
    }
    let flag = Self.flag(present.object)
    // What nobody has changed since it was made is still the server's to keep.
    let updates = isMandatory || flag ?? (present.object.header.generation == 1)
    let spec = FlowControlGuard.spec(of: wanted, target, registry.kinds)
    let isRight =
      !updates || FlowControlGuard.isSame(present.object.value(at: "spec"), as: spec, name: name, exceptExempt: true)
    guard flag != updates || !isRight else { return }
    _ = try await registry.change(
      target, Self.context("update", name, agent: Self.producer), manager: Self.producer, operation: .update
    ) { current in
      var object = current
      var annotations = object["metadata"]?["annotations"]?.objectValue ?? [:]
      annotations[Self.autoupdate] = .string(updates ? "true" : "false")
      object.setMetadata("annotations", .object(annotations))
      if !isRight { object["spec"] = spec }
      return object
    }
  }

  /// Whether an object says that the server keeps it up to date; nil where it says nothing that is a truth value.
  private static func flag(_ object: StoredObject) -> Bool? {
    switch object.annotation(autoupdate) {
    case "1", "t", "T", "TRUE", "true", "True": true
    case "0", "f", "F", "FALSE", "false", "False": false
    default: nil
    }
  }

  // MARK: Status

  private func tellDangling() async throws {
    guard let schemas else { return }
    let known = Set(objects(levels).map(\.name))
    for object in objects(schemas) {
      let level = FlowSchema(object.object.tree()).level
      let exists = known.contains(level)
      let reference = "This FlowSchema references the PriorityLevelConfiguration object named \(level.goQuoted)"
      let wanted: [(String, JSONValue)] = [
        ("type", "Dangling"), ("status", exists ? "False" : "True"), ("reason", exists ? "Found" : "NotFound"),
        ("message", .string(reference + (exists ? " and it exists" : " but there is no such object"))),
      ]
      let conditions = object.object.value(at: "status", "conditions")?.arrayValue ?? []
      let present = conditions.first { $0["type"] == "Dangling" }
      if let present, wanted.allSatisfy({ present[$0.0] == $0.1 }) { continue }
      let context = Self.context("update", object.name, subresource: "status", agent: Self.consumer)
      do {
        _ = try await registry.change(schemas, context, manager: Self.consumer, operation: .update) { current in
          var changed = current
          var condition = JSONObject(wanted)
          condition["lastTransitionTime"] = .string(Timestamp.now.description)
          let others = (current["status"]?["conditions"]?.arrayValue ?? []).filter { $0["type"] != "Dangling" }
          var status = current["status"]?.objectValue ?? [:]
          status["conditions"] = .array(others + [.object(condition)])
          changed["status"] = .object(status)
          return changed
        }
      } catch let error as StatusError where error.reason == .notFound {
        continue
      }
    }
  }
}
