import APIMachinery

/// How much of a device's capacity can be asked for, where the device is given to several claims ("consumable capacity",
/// CapacityRequestPolicy).
enum CapacityPolicyValidation {
  private static let mostValues = 10

  /// - Parameter capacity: the capacity with the policy.
  static func validate(_ capacity: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    // What is no quantity is told of elsewhere.
    guard let policy = capacity["requestPolicy"], let all = amount(capacity, "value") else { return }
    let values = policy.items("validValues")
    let range = policy.has("validRange") ? policy["validRange"] : nil
    if !values.isEmpty, range != nil {
      return findings.forbidden(
        path, #"exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time"#)
    }
    guard !values.isEmpty || range != nil else { return }
    let name = values.isEmpty ? "validRange" : "validValues"
    guard policy.has("default") else {
      return findings.required(path.child("default"), "required when \(name) is defined")
    }
    guard let standard = amount(policy, "default") else { return }
    if let range {
      self.range(range, standard, all, path.child(name), &findings)
    } else {
      self.values(
        values.compactMap { Quantity(reading: $0.stringValue ?? "") }, standard, all, path.child(name), &findings)
    }
  }

  private static func amount(_ object: JSONValue, _ name: String) -> Quantity? { Quantity(reading: object.text(name)) }

  private static func values(
    _ values: [Quantity], _ standard: Quantity, _ all: Quantity, _ path: FieldPath, _ findings: inout Findings
  ) {
    for (index, pair) in zip(values, values.dropFirst()).enumerated() where pair.1 < pair.0 {
      findings.invalid(
        path.index(index + 1), .string(pair.1.description), "values must be sorted in ascending order")
    }
    if values.count > mostValues {
      findings.add(.tooMany(path, count: values.count, maximum: mostValues))
    } else {
      for (index, value) in values.enumerated() where all < value {
        findings.invalid(
          path.index(index), .string(value.description), "option is larger than capacity value: \(all)")
      }
      // They are told apart by whole units.
      var seen: Set<Int64> = []
      for (index, value) in values.enumerated() where !seen.insert(value.value).inserted {
        findings.add(.duplicate(path.index(index), .string(String(value.value))))
      }
    }
    if values.count > mostValues || !values.contains(standard) {
      findings.invalid(
        path, .string(standard.description), "default value is not valid according to the requestPolicy")
    }
  }

  /// Some of the places are upstream's.
  private static func range(
    _ range: JSONValue, _ standard: Quantity, _ all: Quantity, _ path: FieldPath, _ findings: inout Findings
  ) {
    guard range.has("min") else {
      return findings.required(path.child("min"), "required when validRange is defined")
    }
    guard let least = amount(range, "min") else { return }
    func invalid(_ name: String, _ value: Quantity, _ why: String) {
      findings.invalid(path.child(name), .string(value.description), why)
    }
    if all < least { invalid("min", least, "min is larger than capacity value: \(all)") }
    if standard < least { invalid("min", standard, "default is less than min: \(least)") }
    let most = amount(range, "max")
    if let most {
      if most < least { invalid("max", least, "min is larger than max: \(most)") }
      if all < most { invalid("max", most, "max is larger than capacity value: \(all)") }
      if most < standard { invalid("max", standard, "default is more than max: \(most)") }
    }
    guard let step = amount(range, "step") else { return }
    guard step.sign > 0 else { return invalid("step", step, "must be greater than zero") }
    let next = least + step
    if all < next { invalid("step", step, "one step \(next) is larger than capacity value: \(all)") }
    for value in [standard] + (most.map { [$0] } ?? []) {
      // In whole units.
      let distance = Int128(value.value) - Int128(least.value)
      if !distance.isMultiple(of: Int128(step.value)) {
        invalid("step", value, "value is not a multiple of a given step (\(step)) from (\(least))")
      }
    }
  }
}
