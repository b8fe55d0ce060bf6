/// What a server does about fields that it does not know, and about ones that come twice.
public enum FieldValidation: String, Sendable, Hashable {
  case ignore = "Ignore"
  case warn = "Warn"
  case strict = "Strict"
}

/// What a create, an update or a patch asks for (meta/v1 CreateOptions, UpdateOptions and PatchOptions).
public struct WriteOptions: Sendable, Hashable {
  /// The verbs, whose options differ.
  public enum Kind: Sendable, Hashable {
    case create, update, patch
    /// A patch that is applied: it needs a field manager and may be forced.
    case apply
  }

  /// Nothing is written.
  public var isDryRun = false
  /// Who makes the change; empty where the server is to guess it.
  public var fieldManager = ""
  public var fieldValidation = FieldValidation.warn
  /// Whether an apply takes fields over from other managers.
  public var force = false

  public init() {}

  /// Reads the parameters and checks them.
  /// - Throws: an `invalid` where a value is not known, or not allowed here.
  public init(_ query: QueryParameters, for kind: Kind) throws(StatusError) {
    var errors: [FieldError] = []
    fieldManager = query.text("fieldManager")
    let force = kind == .create || kind == .update ? nil : query.flag("force")
    switch kind {
    case .apply:
      if fieldManager.isEmpty {
        errors.append(.required(FieldPath("fieldManager"), "is required for apply patch"))
      }
      self.force = force ?? false
    default:
      if force != nil { errors.append(.forbidden(FieldPath("force"), "may not be specified for non-apply patch")) }
    }
    errors += MetadataRules.fieldManager(fieldManager, at: FieldPath("fieldManager"))
    let dryRun = query.all("dryRun")
    errors += DryRun.errors(dryRun)
    isDryRun = !dryRun.isEmpty
    let validation = query.text("fieldValidation")
    if let known = FieldValidation(rawValue: validation) {
      fieldValidation = known
    } else if !validation.isEmpty {
      errors.append(
        .notSupported(FieldPath("fieldValidation"), .string(validation), ["", "Ignore", "Strict", "Warn"]))
    }
    guard errors.isEmpty else {
      throw .invalid(GroupKind(group: "meta.k8s.io", kind: kind.optionsKind), "", errors)
    }
  }
}

extension WriteOptions.Kind {
  fileprivate var optionsKind: String {
    switch self {
    case .create: "CreateOptions"
    case .update: "UpdateOptions"
    case .patch, .apply: "PatchOptions"
    }
  }
}

enum DryRun {
  static func errors(_ values: [String]) -> [FieldError] {
    values.allSatisfy { $0 == "All" }
      ? [] : [.notSupported(FieldPath("dryRun"), .array(values.map(JSONValue.string)), ["All"])]
  }
}
