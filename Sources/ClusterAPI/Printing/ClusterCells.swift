import APIMachinery

extension Cell {
  static let cluster: [String: Function] = [
    "name": { $0.text($0.metadata["name"], or: "") },
    "age": { $0.age($0.metadata["creationTimestamp"]) },
    "configMapData": { cell in
      let count = (cell.object["data"]?.objectValue?.count ?? 0) + (cell.object["binaryData"]?.objectValue?.count ?? 0)
      return .integer(Int64(count))
    },
    "secretData": { .integer(Int64($0.object["data"]?.objectValue?.count ?? 0)) },
    "componentStatus": { cell in
      switch cell.healthy?.text("status") {
      case "True": "Healthy"
      case "False": "Unhealthy"
      default: "Unknown"
      }
    },
    "componentMessage": { $0.text($0.healthy?["message"], or: "") },
    "componentError": { $0.text($0.healthy?["error"], or: "") },
    "nodeStatus": { .string($0.nodeStatus) },
    "nodeRoles": { cell in
      var roles: Set<String> = []
      for (key, value) in MetadataValidation.sorted(cell.metadata["labels"]) {
        if key.hasPrefix("node-role.kubernetes.io/") {
          let role = String(key.dropFirst("node-role.kubernetes.io/".count))
          if !role.isEmpty { roles.insert(role) }
        } else if key == "kubernetes.io/role", let role = value.stringValue, !role.isEmpty {
          roles.insert(role)
        }
      }
      return roles.isEmpty ? none : .string(roles.sorted().joined(separator: ","))
    },
    "nodeInternalAddress": { $0.nodeAddress("InternalIP") },
    "nodeExternalAddress": { $0.nodeAddress("ExternalIP") },
    "nodeOSImage": { $0.text($0.status["nodeInfo"]?["osImage"], or: unknown) },
    "nodeKernel": { $0.text($0.status["nodeInfo"]?["kernelVersion"], or: unknown) },
    "nodeRuntime": { $0.text($0.status["nodeInfo"]?["containerRuntimeVersion"], or: unknown) },
    "quotaRequests": { .string($0.quota { !$0.hasPrefix("limits.") }) },
    "quotaLimits": { .string($0.quota { $0.hasPrefix("limits.") }) },
    "priorityIsDefault": { .bool($0.object["globalDefault"] == true) },
    "requestDuration": { cell in
      guard let seconds = cell.spec["expirationSeconds"]?.integerValue else { return none }
      return .string(HumanDuration.text(seconds: Int64(seconds)))
    },
    "requestCondition": { .string($0.requestCondition) },
    "resourceClaimState": { cell in
      var states: [String] = []
      if cell.metadata.has("deletionTimestamp") { states.append("deleted") }
      if cell.status.has("allocation") {
        states.append("allocated")
        if !cell.status.items("reservedFor").isEmpty { states.append("reserved") }
      } else if states.isEmpty {
        states.append("pending")
      }
      return .string(states.joined(separator: ","))
    },
    "sliceNode": { $0.text($0.spec["nodeName"], or: "") },
  ]

  private var healthy: JSONValue? { object.items("conditions").first { $0.text("type") == "Healthy" } }

  private var nodeStatus: String {
    var words = [
      condition("Ready").map { $0.text("status") == "True" ? "Ready" : "NotReady" } ?? "Unknown"
    ]
    if spec["unschedulable"] == true { words.append("SchedulingDisabled") }
    return words.joined(separator: ",")
  }

  private func nodeAddress(_ type: String) -> JSONValue {
    text(status.items("addresses").first { $0.text("type") == type }?["address"], or: Self.none)
  }

  private func quota(_ isMeant: (String) -> Bool) -> String {
    MetadataValidation.sorted(status["hard"]).filter { isMeant($0.0) }.map { name, hard in
      "\(name): \(status["used"]?[name]?.stringValue ?? "0")/\(hard.stringValue ?? "")"
    }.joined(separator: ", ")
  }

  private var requestCondition: String {
    let types = Set(status.items("conditions").map { $0.text("type") })
    var words: [String] = []
    if types.contains("Denied") {
      words.append("Denied")
    } else if types.contains("Approved") {
      words.append("Approved")
    } else {
      words.append("Pending")
    }
    if types.contains("Failed") { words.append("Failed") }
    if !status.text("certificate").isEmpty { words.append("Issued") }
    return words.joined(separator: ",")
  }
}
