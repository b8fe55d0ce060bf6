import APIMachinery

/// Annotations of pods, and of templates of pods, that mean something to the API.
enum PodAnnotationValidation {
  private static let mirror = "kubernetes.io/config.mirror"
  private static let deletionCost = "controller.kubernetes.io/pod-deletion-cost"
  private static let seccompOfPod = "seccomp.security.alpha.kubernetes.io/pod"
  private static let seccompOfContainer = "container.seccomp.security.alpha.kubernetes.io/"
  private static let appArmor = "container.apparmor.security.beta.kubernetes.io/"

  /// - Parameter path: of the annotations.
  static func validate(_ pod: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let notes = pod["metadata"]?["annotations"]
    if let value = notes?[mirror], pod.text("spec", "nodeName").isEmpty {
      findings.invalid(path.key(mirror), value, "must set spec.nodeName if mirror pod annotation is set")
    }
    if let cost = notes?[deletionCost]?.stringValue, !isCost(cost) {
      findings.invalid(path.key(deletionCost), .string(cost), "must be a 32bit integer")
    }
    let names = Set(containers(pod["spec"] ?? [:], path).map { $0.container.text("name") })
    for (key, value) in MetadataValidation.sorted(notes) {
      let text = value.stringValue ?? ""
      if key == seccompOfPod || key.hasPrefix(seccompOfContainer) { seccomp(text, path.child(key), &findings) }
      guard key.hasPrefix(appArmor) else { continue }
      let name = String(key.dropFirst(appArmor.count))
      if !names.contains(name) { findings.invalid(path.key(key), .string(name), "container not found") }
      if !["", "runtime/default", "unconfined"].contains(text), !text.hasPrefix("localhost/") {
        findings.invalid(path.key(key), value, "invalid AppArmor profile name: \(text.goQuoted)")
      }
    }
  }

  /// What an update may not change of them.
  static func update(_ new: JSONValue, _ old: JSONValue, _ findings: inout Findings) {
    let path = FieldPath("metadata", "annotations")
    let (now, before) = (new["metadata"]?["annotations"], old["metadata"]?["annotations"])
    for (key, value) in MetadataValidation.sorted(before) where now?[key] != value {
      if key.hasPrefix(appArmor) {
        findings.forbidden(path.key(key), "may not remove or update AppArmor annotations")
      }
      if key == mirror { findings.forbidden(path.key(key), "may not remove or update mirror pod annotation") }
    }
    for (key, _) in MetadataValidation.sorted(now) where before?[key] == nil {
      if key.hasPrefix(appArmor) { findings.forbidden(path.key(key), "may not add AppArmor annotations") }
      if key == mirror { findings.forbidden(path.key(key), "may not add mirror pod annotation") }
    }
  }

  static func isMirror(_ pod: JSONValue) -> Bool { pod["metadata"]?["annotations"]?.has(mirror) == true }

  /// As Go reads a number: without signs that say nothing, and without zeros before it.
  private static func isCost(_ text: String) -> Bool {
    guard let number = Int32(text) else { return false }
    return String(number) == text
  }

  private static func seccomp(_ profile: String, _ path: FieldPath, _ findings: inout Findings) {
    if ["runtime/default", "docker/default", "unconfined"].contains(profile) { return }
    if profile.hasPrefix("localhost/") {
      return VolumeValidation.relativePath(String(profile.dropFirst("localhost/".count)), path, &findings)
    }
    findings.invalid(path, .string(profile), "must be a valid seccomp profile")
  }

  // MARK: - Annotations that fields have replaced

  /// Where both are there they must say the same.
  ///
  /// - Parameter path: of the spec.
  static func profiles(_ pod: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    guard let spec = pod["spec"], let notes = pod["metadata"]?["annotations"] else { return }
    let context = spec["securityContext"]
    if let note = notes[seccompOfPod]?.stringValue, let profile = context?["seccompProfile"] {
      agree(
        note, profile, "seccomp", standard: ["runtime/default", "docker/default"],
        path.child("securityContext", "seccompProfile"), &findings)
    }
    for (container, path) in containers(spec, path) {
      let (own, name) = (container["securityContext"], container.text("name"))
      if let note = notes[seccompOfContainer + name]?.stringValue, let profile = own?["seccompProfile"] {
        agree(
          note, profile, "seccomp", standard: ["runtime/default", "docker/default"],
          path.child("securityContext", "seccompProfile"), &findings)
      }
      if spec["os"]?["name"] != "windows", let note = notes[appArmor + name]?.stringValue,
        let profile = own?["appArmorProfile"] ?? context?["appArmorProfile"]
      {
        agree(
          note, profile, "apparmor", standard: ["runtime/default"], path.child("securityContext", "appArmorProfile"),
          &findings)
      }
    }
  }

  private static func agree(
    _ note: String, _ profile: JSONValue, _ word: String, standard: [String], _ path: FieldPath,
    _ findings: inout Findings
  ) {
    let isSameType =
      switch profile.text("type") {
      case "Unconfined": note == "unconfined"
      case "RuntimeDefault": standard.contains(note)
      case "Localhost": note.hasPrefix("localhost/")
      default: true
      }
    if !isSameType {
      findings.forbidden(path.child("type"), "\(word) type in annotation and field must match")
    } else if profile.text("type") == "Localhost", note != "localhost/" + profile.text("localhostProfile") {
      findings.forbidden(path.child("localhostProfile"), "\(word) profile in annotation and field must match")
    }
  }

  private static func containers(
    _ spec: JSONValue, _ path: FieldPath
  ) -> [(container: JSONValue, path: FieldPath)] {
    ["initContainers", "containers", "ephemeralContainers"].flatMap { list in
      spec.items(list).enumerated().map { ($1, path.child(list).index($0)) }
    }
  }
}
