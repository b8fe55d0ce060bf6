import APIMachinery

/// What a pod is doing, taken together: the columns of `kubectl get pods`.
struct PodSummary {
  private(set) var total: Int
  private(set) var ready = 0
  private(set) var restarts: Int64 = 0
  private(set) var lastRestart: Timestamp?
  private(set) var reason: String

  init(_ pod: JSONValue) {
    let spec = pod["spec"] ?? [:]
    let status = pod["status"] ?? [:]
    let phase = status.text("phase")
    reason = status.text("reason").isEmpty ? phase : status.text("reason")
    for condition in status.items("conditions")
    where condition.text("type") == "PodScheduled" && condition.text("reason") == "SchedulingGated" {
      reason = "SchedulingGated"
    }
    let sidecars = Set(
      spec.items("initContainers").filter { $0.text("restartPolicy") == "Always" }.map { $0.text("name") })
    total = spec.items("containers").count + sidecars.count
    let isStarting = readInitial(spec, status, sidecars)
    let isInitialized = status.items("conditions").contains {
      $0.text("type") == "Initialized" && $0.text("status") == "True"
    }
    if !isStarting || isInitialized { readContainers(status, sidecars) }
    guard pod["metadata"]?.has("deletionTimestamp") == true else { return }
    if status.text("reason") == "NodeLost" {
      reason = "Unknown"
    } else if phase != "Succeeded", phase != "Failed" {
      reason = "Terminating"
    }
  }

  /// - Returns: whether init containers still have something to do.
  private mutating func readInitial(_ spec: JSONValue, _ status: JSONValue, _ sidecars: Set<String>) -> Bool {
    for (index, container) in status.items("initContainerStatuses").enumerated() {
      restarts += container["restartCount"]?.integerValue ?? 0
      note(container)
      let terminated = container["state"]?["terminated"]
      if let terminated, terminated["exitCode"]?.integerValue ?? 0 == 0 { continue }
      if sidecars.contains(container.text("name")), container["started"] == true {
        if container["ready"] == true { ready += 1 }
        continue
      }
      let waiting = container["state"]?["waiting"]?.text("reason") ?? ""
      if let terminated {
        reason = "Init:" + Self.ending(terminated)
      } else if !waiting.isEmpty, waiting != "PodInitializing" {
        reason = "Init:" + waiting
      } else {
        reason = "Init:\(index)/\(spec.items("initContainers").count)"
      }
      return true
    }
    return false
  }

  private mutating func readContainers(_ status: JSONValue, _ sidecars: Set<String>) {
    // From here on only those count that keep running.
    restarts = 0
    lastRestart = nil
    for container in status.items("initContainerStatuses") where sidecars.contains(container.text("name")) {
      restarts += container["restartCount"]?.integerValue ?? 0
      note(container)
    }
    var isRunning = false
    var failure = ""
    for container in status.items("containerStatuses").reversed() {
      restarts += container["restartCount"]?.integerValue ?? 0
      note(container)
      let waiting = container["state"]?["waiting"]?.text("reason") ?? ""
      if !waiting.isEmpty {
        reason = waiting
      } else if let terminated = container["state"]?["terminated"] {
        reason = Self.ending(terminated)
        if terminated["exitCode"]?.integerValue ?? 0 != 0 { failure = reason }
      } else if container["ready"] == true, container["state"]?.has("running") == true {
        isRunning = true
        ready += 1
      }
    }
    guard reason == "Completed" else { return }
    let isReady = status.items("conditions").contains { $0.text("type") == "Ready" && $0.text("status") == "True" }
    if isRunning, isReady {
      reason = "Running"
    } else if !failure.isEmpty {
      reason = failure
    } else if isRunning {
      reason = "NotReady"
    }
  }

  private mutating func note(_ container: JSONValue) {
    guard let ended = container["lastState"]?["terminated"]?["finishedAt"]?.stringValue.flatMap({ Timestamp($0) })
    else { return }
    if lastRestart.map({ $0 < ended }) ?? true { lastRestart = ended }
  }

  private static func ending(_ terminated: JSONValue) -> String {
    let reason = terminated.text("reason")
    if !reason.isEmpty { return reason }
    let signal = terminated["signal"]?.integerValue ?? 0
    return signal != 0 ? "Signal:\(signal)" : "ExitCode:\(terminated["exitCode"]?.integerValue ?? 0)"
  }
}

extension Cell {
  static let pods: [String: Function] = [
    "podReady": { cell in
      let summary = PodSummary(cell.object)
      return .string("\(summary.ready)/\(summary.total)")
    },
    "podStatus": { .string(PodSummary($0.object).reason) },
    "podRestarts": { cell in
      let summary = PodSummary(cell.object)
      guard summary.restarts != 0, let last = summary.lastRestart else { return .string("\(summary.restarts)") }
      let age = HumanDuration.text(seconds: Int64(cell.now.seconds(since: last).rounded(.towardZero)))
      return .string("\(summary.restarts) (\(age) ago)")
    },
    "podAddress": { cell in
      let first = cell.status.items("podIPs").first?.text("ip") ?? ""
      return cell.text(first.isEmpty ? cell.status["podIP"] : .string(first), or: none)
    },
    "podNode": { $0.text($0.spec["nodeName"], or: none) },
    "podNominatedNode": { $0.text($0.status["nominatedNodeName"], or: none) },
    "podReadinessGates": { cell in
      let gates = cell.spec.items("readinessGates")
      guard !gates.isEmpty else { return none }
      let holding = gates.count { cell.isTrue($0.text("conditionType")) }
      return .string("\(holding)/\(gates.count)")
    },
    "templateContainers": { $0.containers($0.object["template"], \.name) },
    "templateImages": { $0.containers($0.object["template"], \.image) },
    "podTemplateLabels": { $0.labels($0.object["template"]?["metadata"]?["labels"]) },
  ]

  /// Names or images of a template's containers.
  func containers(_ template: JSONValue?, _ part: KeyPath<ContainerPart, String>) -> JSONValue {
    let containers = template?["spec"]?.items("containers") ?? []
    let texts = containers.map { ContainerPart(name: $0.text("name"), image: $0.text("image"))[keyPath: part] }
    return .string(texts.joined(separator: ","))
  }

  struct ContainerPart {
    let name: String
    let image: String
  }
}
