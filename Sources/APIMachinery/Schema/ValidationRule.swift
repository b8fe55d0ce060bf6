/// A rule in CEL about the value at its node (`x-kubernetes-validations`).
public struct ValidationRule: Sendable, Hashable {
  /// The expression; `self` is the value, `oldSelf` the value before an update.
  public var rule: String
  public var message: String?
  /// An expression that makes the message; it comes before ``message``.
  public var messageExpression: String?
  /// `FieldValueInvalid` (where nothing is said), `FieldValueForbidden`, `FieldValueRequired` or `FieldValueDuplicate`.
  public var reason: String?
  /// The field that the error names, from the node on.
  public var fieldPath: String?
  /// Whether a rule about `oldSelf` is evaluated where there is no old value.
  public var optionalOldSelf: Bool?

  public init(
    rule: String, message: String? = nil, messageExpression: String? = nil, reason: String? = nil,
    fieldPath: String? = nil, optionalOldSelf: Bool? = nil
  ) {
    self.rule = rule
    self.message = message
    self.messageExpression = messageExpression
    self.reason = reason
    self.fieldPath = fieldPath
    self.optionalOldSelf = optionalOldSelf
  }
}
