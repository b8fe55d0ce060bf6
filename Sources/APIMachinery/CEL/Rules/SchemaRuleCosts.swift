/// Checks the rules that a schema brings along before anybody uses it: that they compile, and that they cost no more than
/// Kubernetes allows where values are as large as the schema lets them be.
public struct SchemaRuleCosts {
  /// What one rule may cost.
  private static let limit: UInt64 = 10_000_000
  /// What all rules of a schema may cost.
  private static let totalLimit: UInt64 = 100_000_000

  private var errors: [FieldError] = []
  private var total: UInt64 = 0
  private var expensive: [(path: FieldPath, cost: UInt64)] = []

  private init() {}

  /// - Parameters:
  ///   - schema: a structural schema, the root of a custom kind.
  ///   - path: where it stands.
  public static func errors(in schema: Schema, at path: FieldPath) -> [FieldError] {
    var check = SchemaRuleCosts()
    let schema = schema.resolved
    check.visit(schema, CELSchemaType.make(schema, isResource: true), cardinality: 1, uncorrelated: nil, at: path)
    if check.total > totalLimit {
      for (path, _) in check.expensive {
        check.errors.append(
          .forbidden(
            path, "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"))
      }
      check.errors.append(
        .forbidden(
          path,
          excess(
            "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema", check.total, totalLimit)))
    }
    return check.errors
  }

  /// - Parameters:
  ///   - cardinality: how many such values an object can have; nil where nothing bounds them.
  ///   - uncorrelated: the list around whose items cannot be found again after an update; nil where there is none.
  private mutating func visit(
    _ schema: Schema, _ type: CELSchemaType?, cardinality: UInt64?, uncorrelated: FieldPath?, at path: FieldPath
  ) {
    func below(_ bound: Int64?) -> UInt64? {
      guard let cardinality, let bound else { return nil }
      return CELCost.multiply(cardinality, UInt64(max(0, bound)))
    }
    if case .schema(let members) = schema.additionalProperties {
      let members = members.resolved
      visit(
        members, type?.element ?? .make(members, isResource: members.isEmbeddedResource),
        cardinality: below(schema.rules?.maxProperties), uncorrelated: uncorrelated,
        at: path.child("additionalProperties"))
    }
    for property in schema.properties {
      // What has no name in expressions, or stands where they see nothing, is seen by its own rules.
      let inner = property.schema.resolved
      let field =
        CELFieldNames.escape(property.name).flatMap { type?.object?.fields[$0]?.type }
        ?? (CELFieldNames.escape(property.name) == nil || type == nil
          ? .make(inner, isResource: inner.isEmbeddedResource) : nil)
      visit(
        property.schema.resolved, field, cardinality: cardinality, uncorrelated: uncorrelated,
        at: path.child("properties").key(property.name))
    }
    if let items = schema.items?.resolved {
      visit(
        items, type?.element ?? .make(items, isResource: items.isEmbeddedResource),
        cardinality: below(schema.rules?.maxItems),
        uncorrelated: uncorrelated ?? (schema.listType == .map ? nil : path), at: path.child("items"))
    }
    let place = path.child("x-kubernetes-validations")
    guard !schema.validationRules.isEmpty else { return }
    guard let type else {
      let problem = "internal error: failed to retrieve type information for x-kubernetes-validations"
      errors.append(.internal(place, problem))
      return
    }
    // Where nothing bounds them there are as many as a request has room for.
    let count = cardinality ?? UInt64(CELSchemaType.largestRequest / (type.minSerializedSize + 1))
    for (index, rule) in schema.validationRules.enumerated() where !rule.rule.trimmedOfSpace.isEmpty {
      judge(CompiledRule(rule, schema, type), type, count, uncorrelated, at: place.index(index))
    }
  }

  private mutating func judge(
    _ rule: CompiledRule, _ type: CELSchemaType, _ count: UInt64, _ uncorrelated: FieldPath?, at path: FieldPath
  ) {
    switch rule.program {
    case .success(let program):
      let cost = CELCost.multiply(CompiledRule.maximumCost(program, type), count)
      observe("estimated rule cost", cost, at: path.child("rule"))
    case .failure(let problem):
      errors.append(Self.invalid(rule.rule, "rule", problem.message, at: path))
    }
    switch rule.message {
    case .success(let program):
      observe(
        "estimated messageExpression cost", CompiledRule.maximumCost(program, type), at: path.child("messageExpression")
      )
    case .failure(let problem):
      // Of a rule that does not compile the message is not looked at.
      if case .success = rule.program {
        errors.append(Self.invalid(rule.rule, "messageExpression", problem.message, at: path))
      }
    case nil: break
    }
    if rule.usesOldSelf {
      if let uncorrelated {
        errors.append(
          .invalid(
            path.child("rule"), .string(rule.rule.rule),
            "oldSelf cannot be used on the uncorrelatable portion of the schema within \(uncorrelated)"))
      }
    } else if let isOptional = rule.rule.optionalOldSelf {
      errors.append(
        .invalid(path.child("optionalOldSelf"), .bool(isOptional), "may not be set if oldSelf is not used in rule"))
    }
  }

  private mutating func observe(_ name: String, _ cost: UInt64, at path: FieldPath) {
    if cost > Self.limit { errors.append(.forbidden(path, Self.excess(name, cost, Self.limit))) }
    total = (CELCost(total) + CELCost(cost)).max
    guard cost >= Self.totalLimit / 100 else { return }
    expensive.append((path, cost))
    expensive.sort { $0.cost > $1.cost }
    if expensive.count > 4 { expensive.removeLast() }
  }

  private static func excess(_ name: String, _ cost: UInt64, _ limit: UInt64) -> String {
    let factor = Double(cost) / Double(limit)
    let shown =
      factor > 100 ? "more than 100x" : DecimalDigits(factor).fixed(factor < 1.5 ? 6 : 1) + "x"
    return
      "\(name) exceeds budget by factor of \(shown) (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)"
  }

  /// What is wrong with a rule. Messages show all of it: Kubernetes prints its own structure.
  private static func invalid(
    _ rule: ValidationRule, _ member: String, _ detail: String, at path: FieldPath
  ) -> FieldError {
    let shown: JSONValue = .object([
      "Rule": .string(rule.rule), "Message": .string(rule.message ?? ""),
      "MessageExpression": .string(rule.messageExpression ?? ""),
      "Reason": rule.reason.map { .string($0) } ?? .null, "FieldPath": .string(rule.fieldPath ?? ""),
      "OptionalOldSelf": rule.optionalOldSelf.map { .bool($0) } ?? .null,
    ])
    return FieldError(.invalid, field: path.child(member).description, value: shown, detail: detail).inOrder
  }
}
