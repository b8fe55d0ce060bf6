import APIMachinery

/// Warnings about pods and templates of pods.
enum PodWarnings {
  static func pod(_ pod: JSONValue, _ warnings: inout Warnings) {
    let problems = NameRules.dns1123Label(pod.text("metadata", "name"))
    if !problems.isEmpty {
      warnings.add(
        FieldPath("metadata", "name"),
        "this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: "
          + "[\(problems.joined(separator: " "))]")
    }
    check(pod, FieldPath(), &warnings)
  }

  static func template(_ template: JSONValue?, _ path: FieldPath, _ warnings: inout Warnings) {
    if let template { check(template, path, &warnings, isTemplate: true) }
  }

  private static func check(
    _ pod: JSONValue, _ root: FieldPath, _ warnings: inout Warnings, isTemplate: Bool = false
  ) {
    guard let spec = pod["spec"] else { return }
    let path = root.child("spec")
    places(spec, path, &warnings)
    let notes = pod["metadata"]?["annotations"]
    annotations(notes, root.child("metadata", "annotations"), &warnings)
    volumes(spec, path.child("volumes"), &warnings)
    VolumePathWarnings.volumes(spec.items("volumes"), &warnings)
    repetitions(spec.items("hostAliases"), "ip", path.child("hostAliases"), &warnings)
    repetitions(spec.items("imagePullSecrets"), "name", path.child("imagePullSecrets"), &warnings)
    for (index, secret) in spec.items("imagePullSecrets").enumerated() where secret.text("name").isEmpty {
      warnings.add(path.child("imagePullSecrets").index(index).child("name"), #"invalid empty name """#)
    }
    fractions(spec["overhead"], path.child("overhead"), &warnings)
    profiles(spec, notes, root.child("metadata", "annotations"), path, &warnings, isTemplate: isTemplate)
    for (container, path) in containers(spec, path) {
      for list in ["limits", "requests"] {
        fractions(container["resources"]?[list], path.child("resources", list), &warnings)
      }
      variables(container.items("env"), path.child("env"), &warnings)
    }
    ports(spec, path, &warnings)
    if let seconds = spec["terminationGracePeriodSeconds"]?.integerValue, seconds < 0 {
      warnings.add(
        path.child("terminationGracePeriodSeconds"),
        "must be >= 0; negative values are invalid and will be treated as 1")
    }
    selectors(spec["affinity"], path.child("affinity"), &warnings)
  }

  /// Containers in upstream's order, with their paths.
  private static func containers(_ spec: JSONValue, _ path: FieldPath) -> [(JSONValue, FieldPath)] {
    ["initContainers", "containers", "ephemeralContainers"].flatMap { list in
      spec.items(list).enumerated().map { ($1, path.child(list).index($0)) }
    }
  }

  // MARK: - Where it runs

  private static func places(_ spec: JSONValue, _ path: FieldPath, _ warnings: inout Warnings) {
    for (label, _) in MetadataValidation.sorted(spec["nodeSelector"]) {
      if let word = OldNodeLabels.word(label) { warnings.add(path.child("nodeSelector").key(label), word) }
    }
    let affinity = spec["affinity"]?["nodeAffinity"]
    let place = path.child("affinity", "nodeAffinity")
    let (required, preferred) = (
      "requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution"
    )
    for (index, term) in (affinity?[required]?.items("nodeSelectorTerms") ?? []).enumerated() {
      OldNodeLabels.expressions(term, place.child(required, "nodeSelectorTerms").index(index), &warnings)
    }
    for (index, term) in (affinity?.items(preferred) ?? []).enumerated() {
      OldNodeLabels.expressions(
        term["preference"], place.child(preferred).index(index).child("preference"), &warnings)
    }
    for (index, constraint) in spec.items("topologySpreadConstraints").enumerated() {
      let path = path.child("topologySpreadConstraints").index(index)
      let key = constraint.text("topologyKey")
      if let word = OldNodeLabels.word(key) { warnings.add(path.child("topologyKey"), "\(key) is \(word)") }
      if !constraint.has("labelSelector") { warnings.add(path.child("labelSelector"), noPod) }
    }
  }

  private static let noPod = "a null labelSelector results in matching no pod"

  private static func selectors(_ affinity: JSONValue?, _ path: FieldPath, _ warnings: inout Warnings) {
    for kind in ["podAffinity", "podAntiAffinity"] {
      let required = "requiredDuringSchedulingIgnoredDuringExecution"
      for (index, term) in (affinity?[kind]?.items(required) ?? []).enumerated() where !term.has("labelSelector") {
        warnings.add(path.child(kind, required).index(index).child("labelSelector"), noPod)
      }
      let preferred = "preferredDuringSchedulingIgnoredDuringExecution"
      for (index, term) in (affinity?[kind]?.items(preferred) ?? []).enumerated()
      where term["podAffinityTerm"]?.has("labelSelector") != true {
        warnings.add(path.child(kind, preferred).index(index).child("podAffinityTerm", "labelSelector"), noPod)
      }
    }
  }

  // MARK: - What has another form by now

  private static let oldAnnotations = [
    (
      "scheduler.alpha.kubernetes.io/critical-pod",
      #"non-functional in v1.16+; use the "priorityClassName" field instead"#
    ),
    ("security.alpha.kubernetes.io/sysctls", #"non-functional in v1.11+; use the "sysctls" field instead"#),
    ("security.alpha.kubernetes.io/unsafe-sysctls", #"non-functional in v1.11+; use the "sysctls" field instead"#),
  ]

  private static func annotations(_ notes: JSONValue?, _ path: FieldPath, _ warnings: inout Warnings) {
    for (name, word) in oldAnnotations where notes?.has(name) == true { warnings.add(path.key(name), word) }
  }

  private static func profiles(
    _ spec: JSONValue, _ notes: JSONValue?, _ place: FieldPath, _ path: FieldPath, _ warnings: inout Warnings,
    isTemplate: Bool
  ) {
    guard let notes else { return }
    let context = spec["securityContext"]
    let seccomp = #"non-functional in v1.27+; use the "seccompProfile" field instead"#
    let ofPod = "seccomp.security.alpha.kubernetes.io/pod"
    if notes.has(ofPod), context?.has("seccompProfile") != true { warnings.add(place.key(ofPod), seccomp) }
    for (container, _) in containers(spec, path) {
      let (own, name) = (container["securityContext"], container.text("name"))
      let ofContainer = "container.seccomp.security.alpha.kubernetes.io/\(name)"
      if notes.has(ofContainer), own?.has("seccompProfile") != true { warnings.add(place.key(ofContainer), seccomp) }
      let armor = "container.apparmor.security.beta.kubernetes.io/\(name)"
      guard isTemplate, notes.has(armor), context?.has("appArmorProfile") != true, own?.has("appArmorProfile") != true
      else { continue }
      warnings.add(place.key(armor), #"deprecated since v1.30; use the "appArmorProfile" field instead"#)
    }
  }

  private static let oldVolumes = [
    ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
    ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("flocker", "deprecated in v1.22, non-functional in v1.25+"),
    ("storageos", "deprecated in v1.22, non-functional in v1.25+"),
    ("quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
  ]

  private static func volumes(_ spec: JSONValue, _ path: FieldPath, _ warnings: inout Warnings) {
    for (index, volume) in spec.items("volumes").enumerated() {
      for (kind, word) in oldVolumes where volume.has(kind) {
        warnings.add(path.index(index).child(kind == "storageos" ? "storageOS" : kind), word)
      }
      StorageWarnings.request(
        volume["ephemeral"]?["volumeClaimTemplate"]?["spec"],
        path.index(index).child("ephemeral", "volumeClaimTemplate", "spec"), &warnings)
    }
  }

  // MARK: - What stands there twice

  private static func repetitions(
    _ items: [JSONValue], _ name: String, _ path: FieldPath, _ warnings: inout Warnings
  ) {
    var seen: Set<String> = []
    for (index, item) in items.enumerated() {
      let text = item.text(name)
      if !seen.insert(text).inserted {
        warnings.add(path.index(index).child(name), "duplicate \(name) \(text.goQuoted)")
      }
    }
  }

  private static func variables(_ variables: [JSONValue], _ path: FieldPath, _ warnings: inout Warnings) {
    var seen: Set<String> = []
    for (index, variable) in variables.enumerated() {
      let (name, value) = (variable.text("name"), variable.text("value"))
      guard !seen.insert(name).inserted else { continue }
      // A value that is made of the one before is meant so.
      let reference = "$(\(name))"
      guard variable.has("valueFrom") || value == reference || !value.contains(reference) else { continue }
      warnings.add(
        path.index(index), "hides previous definition of \(name.goQuoted), which may be dropped when using apply")
    }
  }

  private static func ports(_ spec: JSONValue, _ path: FieldPath, _ warnings: inout Warnings) {
    var known: [String: [(path: FieldPath, address: String, number: Int64)]] = [:]
    for (container, path) in containers(spec, path) {
      for (index, port) in container.items("ports").enumerated() {
        let place = path.child("ports").index(index)
        let (address, number) = (port.text("hostIP"), port["hostPort"]?.integerValue ?? 0)
        let (inside, transport) = (port["containerPort"]?.integerValue ?? 0, port.text("protocol"))
        let key = "\(inside)/\(transport)"
        if !address.isEmpty, number == 0 {
          let words =
            "Name:\(port.text("name")) HostPort:0 ContainerPort:\(inside) Protocol:\(transport) HostIP:\(address)"
          warnings.add(place, "hostIP set without hostPort: {\(words)}")
        }
        for other in known[key] ?? [] {
          if address == other.address, number == other.number {
            warnings.add(place, "duplicate port definition with \(other.path)")
          } else if number == 0 || other.number == 0 {
            warnings.add(place, "overlapping port definition with \(other.path)")
          } else if number == other.number, address.isEmpty != other.address.isEmpty {
            warnings.add(place, "dangerously ambiguous port definition with \(other.path)")
          }
        }
        known[key, default: []].append((place, address, number))
      }
    }
  }

  // MARK: - Amounts

  private static func fractions(_ amounts: JSONValue?, _ path: FieldPath, _ warnings: inout Warnings) {
    for name in ["memory", "ephemeral-storage"] {
      StorageWarnings.fraction(amounts?[name], path.key(name), &warnings)
    }
  }
}
