import APIMachinery

/// An expression over the claims of a token, or over the user that was made of them (Kubernetes, "Authentication
/// configuration from a file").
struct AuthenticationExpression: Sendable {
  /// Why an expression cannot be used, or has no value.
  struct Problem: Error {
    let message: String
  }

  /// What it sees.
  enum Variable: String, Sendable {
    case claims, user
  }

  let text: String
  private let variable: Variable
  private let program: CELProgram

  private static let texts = ConfigurationKind.texts
  private static let userType =
    CELSchemaType.make(
      ConfigurationKind.object([
        ("username", ConfigurationKind.text), ("uid", ConfigurationKind.text), ("groups", texts),
        ("extra", Schema(.object, additionalProperties: .schema(texts))),
      ]), isResource: false, name: "kubernetes.UserInfo") ?? .dynamic
  private static let claims = CELEnvironment.kubernetes.with(["claims": .map(.string, .dynamic)])
  private static let user = CELEnvironment.kubernetes.with(["user": userType.type])

  /// - Parameter type: that the value must have; nil where only its evaluation shows it.
  init(_ text: String, _ variable: Variable, _ type: CELType? = nil) throws(Problem) {
    self.text = text
    self.variable = variable
    do { program = try (variable == .claims ? Self.claims : Self.user).compile(text) } catch {
      throw Problem(message: error.explanation)
    }
    if let type, program.resultType != type { throw Problem(message: "must evaluate to \(type.goDescription)") }
  }

  /// Whether a claim is read as `claims.name`.
  func selects(_ claim: String) -> Bool { program.selects(claim, of: Variable.claims.rawValue) }

  /// - Parameter value: the claims or the user.
  func evaluate(_ value: JSONValue) throws(Problem) -> CELValue {
    do {
      let value = variable == .claims ? CELValue(natural: value) : try CELValue(value, Self.userType)
      return try program.evaluate([variable.rawValue: value]).result.get()
    } catch { throw Problem(message: "expression '\(text)' resulted in error: \(error)") }
  }

  func text(_ value: JSONValue, of what: String) throws(Problem) -> String {
    guard case .string(let text) = try evaluate(value) else {
      throw Problem(message: "\(what) claim expression must return a string")
    }
    return text
  }

  /// Texts; none where the value is missing, and no empty ones.
  func texts(_ value: JSONValue) throws(Problem) -> [String] {
    let problem = Problem(message: "expression must return a string or a list of strings")
    switch try evaluate(value) {
    case .null: return []
    case .string(let text): return text.isEmpty ? [] : [text]
    case .list(let list):
      guard let values = try? list.elements() else { throw problem }
      var texts: [String] = []
      for value in values {
        guard case .string(let text) = value else { throw problem }
        if !text.isEmpty { texts.append(text) }
      }
      return texts
    default: throw problem
    }
  }

  func holds(_ value: JSONValue) throws(Problem) -> Bool {
    guard case .bool(let holds) = try evaluate(value) else {
      throw Problem(message: "validation expression must return a boolean")
    }
    return holds
  }
}
