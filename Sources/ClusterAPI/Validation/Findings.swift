import APIMachinery

/// What a validation found wrong, gathered in order.
struct Findings {
  private(set) var errors: [FieldError] = []
  /// Below these places nothing is looked into.
  private(set) var passedOver: [String] = []

  mutating func add(_ error: FieldError) { errors.append(error) }

  /// A value for which each of the problems is reported.
  mutating func invalid(_ path: FieldPath, _ value: JSONValue?, _ problems: [String]) {
    for problem in problems { errors.append(.invalid(path, value, problem)) }
  }

  mutating func invalid(_ path: FieldPath, _ value: JSONValue?, _ problem: String) {
    errors.append(.invalid(path, value, problem))
  }

  /// The same, where the members of the value stand in their own order: as ``InternalForm`` gives them.
  mutating func invalid(_ path: FieldPath, inOrder value: JSONValue, _ problem: String) {
    errors.append(FieldError.invalid(path, value, problem).inOrder)
  }

  /// What is below a place is not looked into, whatever its schema says of it.
  mutating func passOver(below path: FieldPath) { passedOver.append(path.description) }

  mutating func required(_ path: FieldPath, _ detail: String = "") { errors.append(.required(path, detail)) }
  mutating func forbidden(_ path: FieldPath, _ detail: String) { errors.append(.forbidden(path, detail)) }

  /// The member of an object must be a whole number that is not negative, if it is there.
  mutating func notNegative(_ object: JSONValue, _ name: String, _ path: FieldPath) {
    guard let number = object[name]?.integerValue, number < 0 else { return }
    invalid(path.child(name), .integer(number), Self.notNegative)
  }

  /// The member must be as it was.
  mutating func immutable(_ new: JSONValue?, _ old: JSONValue?, _ path: FieldPath) {
    if (new ?? .null) != (old ?? .null) { invalid(path, new ?? .null, Self.immutable) }
  }

  /// The same, where the message shows the value as upstream holds it.
  mutating func immutable(_ new: JSONValue?, _ old: JSONValue?, _ path: FieldPath, shownAs type: String) {
    if (new ?? .null) == (old ?? .null) { return }
    let value = new.flatMap { $0.isNull ? nil : InternalForm.of($0, type) } ?? .null
    add(FieldError.invalid(path, value, Self.immutable).inOrder)
  }

  /// The member must be one of some strings, if it is there.
  mutating func supported(_ object: JSONValue, _ name: String, _ values: [String], _ path: FieldPath) {
    let text = object.text(name)
    if !text.isEmpty, !values.contains(text) { add(.notSupported(path.child(name), .string(text), values.sorted())) }
  }

  /// The same where the message names the values in their own order.
  mutating func listed(_ object: JSONValue, _ name: String, _ values: [String], _ path: FieldPath) {
    let text = object.text(name)
    if !text.isEmpty, !values.contains(text) { add(.notSupported(path.child(name), .string(text), values)) }
  }

  /// The member must be one of some strings, of which an empty one is none, if it is there.
  mutating func supportedIfGiven(_ object: JSONValue, _ name: String, _ values: [String], _ path: FieldPath) {
    guard let text = object[name]?.stringValue, !values.contains(text) else { return }
    add(.notSupported(path.child(name), .string(text), values.sorted()))
  }

  static let notNegative = "must be greater than or equal to 0"
  static let immutable = "field is immutable"
}
