/// Why an apply was refused.
public struct ApplyError: Error, Sendable, Equatable {
  public let code: Code
  /// In upstream's words.
  public let message: String
  /// The fields of others that the apply would have changed; empty unless the code is `conflict`.
  public let conflicts: [ApplyConflict]

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
    conflicts = []
  }

  init(_ conflicts: [ApplyConflict]) {
    code = .conflict
    message = Self.message(conflicts)
    self.conflicts = conflicts
  }

  /// How the request ends.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Value: String, Sendable { case badRequest, conflict, failed, unconvertible }
    private let value: Value
    public var description: String { value.rawValue }

    /// The configuration cannot be applied (400).
    public static let badRequest = Code(value: .badRequest)
    /// Others own fields that would change (409).
    public static let conflict = Code(value: .conflict)
    /// The configuration or the object does not fit the schema. A 500 without a reason, as kube-apiserver answers it: clients
    /// know it by that.
    public static let failed = Code(value: .failed)
    /// The object cannot be brought into a version in which somebody owns fields of it (500).
    public static let unconvertible = Code(value: .unconvertible)
  }

  private static func message(_ conflicts: [ApplyConflict]) -> String {
    if conflicts.count == 1 {
      return "Apply failed with 1 conflict: \(conflicts[0].message): \(conflicts[0].field)"
    }
    var lines: [String] = []
    var last = ""
    for conflict in conflicts {
      if conflict.manager != last {
        lines.append("conflicts with \(conflict.manager):")
        last = conflict.manager
      }
      lines.append("- \(conflict.field)")
    }
    return "Apply failed with \(conflicts.count) conflicts: " + lines.joined(separator: "\n")
  }

  /// The answer to the request.
  public var status: StatusError {
    switch code {
    case .badRequest: .badRequest(message)
    case .conflict:
      .applyConflict(
        conflicts.map {
          StatusError.Cause(
            reason: StatusError.Cause.fieldManagerConflict, message: $0.message, field: $0.field)
        }, message)
    case .unconvertible: .internalError(message)
    default: StatusError(.unknown, message, code: 500)
    }
  }
}

extension ApplyError: CustomStringConvertible {
  public var description: String { message }
}

/// A field that an apply would change and another manager owns.
public struct ApplyConflict: Sendable, Hashable {
  /// The manager, with quotation marks and its version: `"kubectl" using apps/v1`.
  public let manager: String
  public let path: FieldSetPath

  var field: String { path.description }
  var message: String { "conflict with \(manager)" }
}
