import APIMachinery

/// How strict a pod must be (Kubernetes, "Pod Security Standards").
enum PodSecurityLevel: String, Sendable, Comparable {
  case privileged, baseline, restricted

  private var strictness: Int {
    switch self {
    case .privileged: 0
    case .baseline: 1
    case .restricted: 2
    }
  }

  static func < (a: PodSecurityLevel, b: PodSecurityLevel) -> Bool { a.strictness < b.strictness }
}

/// The standard as it was in a version of Kubernetes, or as it is.
enum PodSecurityVersion: Sendable, Hashable, CustomStringConvertible {
  case latest
  /// `v1.N`.
  case minor(Int)

  /// Nil where the text is none.
  init?(_ text: String) {
    if text == "latest" {
      self = .latest
      return
    }
    guard text.hasPrefix("v1.") else { return nil }
    let digits = text.dropFirst(3)
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      digits.count == 1 || digits.first != "0", let number = Int(digits)
    else { return nil }
    self = .minor(number)
  }

  var description: String {
    switch self {
    case .latest: "latest"
    case .minor(let number): "v1.\(number)"
    }
  }
}

/// A level in a version: `restricted:latest`.
struct PodSecurityStandard: Sendable, Hashable, CustomStringConvertible {
  var level = PodSecurityLevel.privileged
  var version = PodSecurityVersion.latest

  var description: String { "\(level.rawValue):\(version)" }

  /// Whether the same is demanded: nothing is nothing, in every version.
  func isEquivalent(to other: PodSecurityStandard) -> Bool {
    level == other.level && (level == .privileged || version == other.version)
  }
}

/// What the labels of a namespace say of its pods (Kubernetes, "Pod Security Admission").
struct PodSecurityPolicy: Sendable, Equatable {
  var enforce = PodSecurityStandard()
  var audit = PodSecurityStandard()
  var warn = PodSecurityStandard()

  static let prefix = "pod-security.kubernetes.io/"

  static let levels = "must be one of privileged, baseline, restricted"
  static let versions = #"must be "latest" or "v1.x""#

  /// By the names that labels have for them.
  var modes: [(name: String, standard: PodSecurityStandard)] {
    [("enforce", enforce), ("audit", audit), ("warn", warn)]
  }

  /// Whether nothing is demanded of pods.
  var isPrivileged: Bool { ![enforce, audit, warn].contains { $0.level != .privileged } }

  /// Reads the labels. A level that is none enforces the strictest, and neither audits nor warns. Who enforces and does not
  /// say of what to warn warns of the same, where that is stricter.
  /// - Parameter defaults: what holds where the labels say nothing.
  /// - Returns: also what is wrong with them.
  static func read(
    _ labels: LabelSet, defaults: PodSecurityPolicy = PodSecurityPolicy()
  ) -> (policy: PodSecurityPolicy, errors: [FieldError]) {
    var policy = defaults
    var errors: [FieldError] = []
    func read(_ mode: String, _ standard: inout PodSecurityStandard, otherwise: PodSecurityLevel) {
      if let text = labels[prefix + mode] {
        let level = PodSecurityLevel(rawValue: text)
        if level == nil { invalid(mode, text, levels) }
        standard.level = level ?? otherwise
      }
      if let text = labels["\(prefix)\(mode)-version"] {
        let version = PodSecurityVersion(text)
        if version == nil { invalid("\(mode)-version", text, versions) }
        standard.version = version ?? .latest
      }
    }
    func invalid(_ name: String, _ text: String, _ detail: String) {
      errors.append(.invalid(FieldPath("metadata", "labels").key(prefix + name), .string(text), detail))
    }
    read("enforce", &policy.enforce, otherwise: .restricted)
    read("audit", &policy.audit, otherwise: .privileged)
    read("warn", &policy.warn, otherwise: .privileged)
    let enforced = labels[prefix + "enforce"].flatMap { PodSecurityLevel(rawValue: $0) }
    if labels[prefix + "warn"] == nil, let enforced, enforced > policy.warn.level {
      policy.warn.level = enforced
      if labels[prefix + "warn-version"] == nil { policy.warn.version = policy.enforce.version }
    }
    return (policy, errors)
  }
}
