/// Which labels an object must have: all of some requirements.
public struct LabelSelector: Sendable, Hashable {
  /// In the order of their keys.
  public let requirements: [LabelRequirement]
  /// Selects no object, whatever its labels.
  public let selectsNothing: Bool

  private init(_ requirements: [LabelRequirement], selectsNothing: Bool) {
    self.requirements = requirements
    self.selectsNothing = selectsNothing
  }

  public init(_ requirements: [LabelRequirement]) {
    // Swift's sort keeps what is equal in its order.
    self.init(requirements.sorted { $0.key < $1.key }, selectsNothing: false)
  }

  /// Selects the objects that have all of these labels, which are not checked.
  public init(labels: LabelSet) { self.init(labels.map { LabelRequirement(valid: $0.key, .equals, [$0.value]) }) }

  public static let everything = LabelSelector([])
  public static let nothing = LabelSelector([], selectsNothing: true)

  public var selectsEverything: Bool { requirements.isEmpty && !selectsNothing }

  /// Whether an object with these labels is chosen: it must meet every requirement.
  public func matches(_ labels: LabelSet) -> Bool {
    !selectsNothing && requirements.allSatisfy { $0.matches(labels) }
  }

  /// The value that a label must have, where there is just one.
  public func exactValue(of key: String) -> String? {
    guard let requirement = requirements.first(where: { $0.key == key }), requirement.values.count == 1 else {
      return nil
    }
    return switch requirement.operator {
    case .in, .equals, .doubleEquals: requirement.values[0]
    default: nil
    }
  }
}

extension LabelSelector: CustomStringConvertible {
  /// The form that `parse` reads.
  public var description: String { requirements.map(\.description).joined(separator: ",") }
}

extension LabelSelector {
  /// Reads the object `LabelSelector` of meta/v1 (`matchLabels`, `matchExpressions`), as fields `selector` hold it.
  /// Where there is none nothing is selected; an empty one selects everything.
  /// - Throws: a `badRequest` that tells what is wrong.
  public init(json value: JSONValue?) throws(StatusError) {
    guard let value, !value.isNull else {
      self = .nothing
      return
    }
    var requirements: [LabelRequirement] = []
    for label in LabelSet(json: value["matchLabels"]) {
      requirements.append(try LabelRequirement(label.key, .equals, [label.value]))
    }
    for expression in value["matchExpressions"]?.arrayValue ?? [] {
      let name = expression["operator"]?.stringValue ?? ""
      guard let operation = Self.operators[name] else {
        throw .badRequest("\(name.goQuoted) is not a valid label selector operator")
      }
      let values = (expression["values"]?.arrayValue ?? []).compactMap(\.stringValue)
      requirements.append(try LabelRequirement(expression["key"]?.stringValue ?? "", operation, values))
    }
    self.init(requirements)
  }

  private static let operators: [String: LabelRequirement.Operator] = [
    "In": .in, "NotIn": .notIn, "Exists": .exists, "DoesNotExist": .doesNotExist,
  ]

  /// What validation says of an object `LabelSelector` in a field.
  public static func errors(in value: JSONValue, at path: FieldPath) -> [FieldError] {
    var errors = MetadataRules.labels(LabelSet(json: value["matchLabels"]), at: path.child("matchLabels"))
    for (index, expression) in (value["matchExpressions"]?.arrayValue ?? []).enumerated() {
      errors += self.errors(inExpression: expression, at: path.child("matchExpressions").index(index))
    }
    return errors
  }

  private static func errors(inExpression expression: JSONValue, at path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    let name = expression["operator"]?.stringValue ?? ""
    let values = (expression["values"]?.arrayValue ?? []).compactMap(\.stringValue)
    switch operators[name] {
    case .in, .notIn:
      if values.isEmpty {
        errors.append(.required(path.child("values"), "must be specified when `operator` is 'In' or 'NotIn'"))
      }
    case .exists, .doesNotExist:
      if !values.isEmpty {
        errors.append(
          .forbidden(path.child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
      }
    default: errors.append(.invalid(path.child("operator"), .string(name), "not a valid selector operator"))
    }
    let key = expression["key"]?.stringValue ?? ""
    errors += NameRules.labelKey(key).map { .invalid(path.child("key"), .string(key), $0) }
    for (index, value) in values.enumerated() {
      errors += NameRules.labelValue(value).map { .invalid(path.child("values").index(index), .string(value), $0) }
    }
    return errors
  }
}
