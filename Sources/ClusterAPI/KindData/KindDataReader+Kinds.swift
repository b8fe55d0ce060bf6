import APIMachinery

extension KindEntry {
  /// `kind Deployment deployments namespaced short=deploy categories=all`
  init(_ line: KindDataLine) throws(KindDataError) {
    guard line.words.count >= 4 else { throw line.error(.malformed, "a kind has a name, a plural and a scope") }
    kind = String(line.words[1])
    plural = String(line.words[2])
    self.line = line.number
    switch line.words[3] {
    case "namespaced": isNamespaced = true
    case "cluster": isNamespaced = false
    default: throw line.error(.unknownWord, "a kind is namespaced or cluster, not \(line.words[3])")
    }
    for word in line.words.dropFirst(4) {
      let flag = KindDataFlag(word)
      switch flag.name {
      case "short": shortNames = flag.list
      case "categories": categories = flag.list
      case "verbs": verbs = try ResourceVerb.list(flag, line)
      case "stored": storedAs = flag.value.map(String.init)
      case "reset": reset = flag.paths
      default: throw line.error(.unknownWord, "\(word) says nothing of a kind")
      }
    }
  }
}

extension ResourceVerb {
  static func list(_ flag: KindDataFlag, _ line: KindDataLine) throws(KindDataError) -> [ResourceVerb] {
    var result: [ResourceVerb] = []
    for word in flag.list {
      guard let verb = ResourceVerb(rawValue: word) else { throw line.error(.unknownWord, "\(word) is no verb") }
      result.append(verb)
    }
    return result
  }
}

extension SubresourceEntry {
  /// `sub scale spec=.spec.replicas status=.status.replicas selector=.spec.selector`
  init(_ line: KindDataLine) throws(KindDataError) {
    guard line.words.count >= 2 else { throw line.error(.malformed, "a subresource has a name") }
    name = String(line.words[1])
    verbs = [.get, .patch, .update]
    behaviour = .action
    if name == "status" { behaviour = .status }
    var paths = ScalePaths(specReplicas: "", statusReplicas: "")
    for word in line.words.dropFirst(2) {
      let flag = KindDataFlag(word)
      switch flag.name {
      case "verbs": verbs = try ResourceVerb.list(flag, line)
      case "action": behaviour = .action
      case "reset": reset = flag.paths
      case "connect": behaviour = .connect(methods: flag.list)
      case "kind": kind = flag.value.map(String.init)
      case "spec": paths.specReplicas = String(flag.value ?? "")
      case "status": paths.statusReplicas = String(flag.value ?? "")
      case "selector": paths.labelSelector = flag.value.map(String.init)
      default: throw line.error(.unknownWord, "\(word) says nothing of a subresource")
      }
    }
    if name == "scale" {
      guard !paths.specReplicas.isEmpty, !paths.statusReplicas.isEmpty else {
        throw line.error(.malformed, "a scale has paths for spec and status")
      }
      behaviour = .scale(paths)
      kind = kind ?? "autoscaling/v1.Scale"
    }
  }
}

extension PrinterColumn {
  /// `column "Last Seen" string eventLastSeen wide -- When this last happened.`
  init(_ line: KindDataLine) throws(KindDataError) {
    guard line.words.count >= 4 else { throw line.error(.malformed, "a column has a name, a type and a source") }
    let source = String(line.words[3])
    var priority = 0
    var format = source == "name" ? "name" : ""
    for word in line.words.dropFirst(4) {
      switch word {
      case "wide": priority = 1
      case "name": format = "name"
      default: throw line.error(.unknownWord, "\(word) says nothing of a column")
      }
    }
    let type = String(line.words[2])
    guard ["string", "integer", "number", "boolean", "date"].contains(type) else {
      throw line.error(.unknownWord, "\(type) is no type of a column")
    }
    let known: String
    switch source {
    case "name": known = "The object's name."
    case "age": known = "How long ago the object was created."
    default: known = ""
    }
    self.init(
      name: String(line.words[1]), type: type, format: format,
      description: line.description.isEmpty ? known : line.description, priority: priority,
      source: source.hasPrefix(".") ? .path(source) : .function(source))
  }
}
