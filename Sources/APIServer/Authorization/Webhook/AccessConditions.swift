import APIMachinery

/// The requests that a webhook is asked about: each expression must hold (`matchConditions` of an
/// AuthorizationConfiguration). They see `request`, the spec of the `SubjectAccessReview`.
struct AccessConditions: Sendable {
  private static let most = 64
  private static let name = "request"

  private static let type: CELSchemaType = {
    typealias Kind = ConfigurationKind
    let requirement = Kind.object([("key", Kind.text), ("operator", Kind.text), ("values", Kind.texts)])
    let selector = Kind.object([("rawSelector", Kind.text), ("requirements", Kind.list(requirement))])
    let attributes = ["namespace", "verb", "group", "version", "resource", "subresource", "name"].map {
      ($0, Kind.text)
    }
    let schema = Kind.object([
      ("resourceAttributes", Kind.object(attributes + [("fieldSelector", selector), ("labelSelector", selector)])),
      ("nonResourceAttributes", Kind.object([("path", Kind.text), ("verb", Kind.text)])),
      ("user", Kind.text), ("groups", Kind.texts),
      ("extra", Schema(.object, additionalProperties: .schema(Kind.texts))), ("uid", Kind.text),
    ])
    return CELSchemaType.make(schema, isResource: false, name: "kubernetes.SubjectAccessReviewSpec") ?? .dynamic
  }()

  private static let environment = CELEnvironment.kubernetes.with([name: type.type])

  private let programs: [(text: String, program: CELProgram)]

  /// No condition: every request matches.
  static let none = AccessConditions(programs: [])

  private init(programs: [(text: String, program: CELProgram)]) { self.programs = programs }

  /// - Parameters:
  ///   - conditions: the value of `matchConditions`.
  ///   - path: of the authorizer, as messages name it.
  ///   - errors: gets what is wrong, in kube-apiserver's words.
  init(_ conditions: [JSONValue], at path: FieldPath, _ errors: inout [FieldError]) {
    let path = path.child("matchConditions")
    guard conditions.count <= Self.most else {
      errors.append(.tooMany(path, count: conditions.count, maximum: Self.most))
      programs = []
      return
    }
    var programs: [(String, CELProgram)] = []
    var seen: Set<String> = []
    for (index, condition) in conditions.enumerated() {
      let path = path.index(index).child("expression")
      let text = condition["expression"]?.stringValue ?? ""
      guard !text.allSatisfy(\.isWhitespace) else {
        errors.append(.required(path))
        continue
      }
      guard seen.insert(text).inserted else {
        errors.append(.duplicate(path, .string(text)))
        continue
      }
      do {
        let program = try Self.environment.compile(text)
        if program.resultType == .bool {
          programs.append((text, program))
        } else {
          errors.append(
            .invalid(path, .string(text), "must evaluate to bool but got \(program.resultType.goDescription)"))
        }
      } catch { errors.append(.invalid(path, .string(text), "compilation failed: \(error)")) }
    }
    self.programs = programs
  }

  enum Outcome: Sendable, Equatable {
    case matches, excluded
    /// None is false, but some could not be evaluated.
    case failed(String)
  }

  /// - Parameter spec: of the review.
  func evaluate(_ spec: JSONObject) -> Outcome {
    guard !programs.isEmpty else { return .matches }
    let value: CELValue
    do { value = try CELValue(Self.complete(spec), Self.type) } catch {
      return .failed("cel evaluation error: the request cannot be shown to expressions: \(error)")
    }
    var problems: [String] = []
    for (text, program) in programs {
      switch program.evaluate([Self.name: value]).result {
      case .success(.bool(true)): continue
      case .success(.bool(false)): return .excluded
      case .success:
        problems.append("cel evaluation error: expression '\(text)' eval result type should be bool")
      case .failure(let error):
        problems.append("cel evaluation error: expression '\(text)' resulted in error: \(error)")
      }
    }
    return GoAggregate.message(problems).map { .failed($0) } ?? .matches
  }

  /// Expressions see every text and list, those too that are empty.
  private static func complete(_ spec: JSONObject) -> JSONValue {
    var whole = spec
    for name in ["user", "uid"] where whole[name] == nil { whole[name] = "" }
    if whole["groups"] == nil { whole["groups"] = [] }
    if whole["extra"] == nil { whole["extra"] = [:] }
    if var attributes = whole["resourceAttributes"]?.objectValue {
      for name in ["namespace", "verb", "group", "version", "resource", "subresource", "name"]
      where attributes[name] == nil { attributes[name] = "" }
      whole["resourceAttributes"] = .object(attributes)
    }
    return .object(whole)
  }
}
