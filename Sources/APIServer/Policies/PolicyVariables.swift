import APIMachinery
import Synchronization

/// The variables that a policy defines: each is evaluated when the first expression reads it, and once for a request.
final class PolicyVariables: CELLazyFields {
  /// The variables as they are compiled: each may read those before it.
  struct Definitions: Sendable {
    let expressions: [String: AdmissionExpression]
    /// Each one as it is written, of several of one name too; nil where there is none.
    let written: [AdmissionExpression?]
    let type: CELType

    /// - Parameter environment: what expressions see beside the variables.
    init(_ variables: [JSONValue], _ environment: CELEnvironment) {
      var types: [String: CELType] = [:]
      var expressions: [String: AdmissionExpression] = [:]
      var written: [AdmissionExpression?] = []
      for variable in variables {
        let name = variable["name"]?.stringValue ?? ""
        // There is none where nothing defines it.
        guard !(variable["expression"]?.stringValue ?? "").allSatisfy(\.isWhitespace) else {
          written.append(nil)
          continue
        }
        let known = CELType.object(CELObjectType("kubernetes.variables", types: types))
        let expression = AdmissionExpression(
          variable["expression"]?.stringValue ?? "", [], environment.with(["variables": known]))
        expressions[name] = expression
        written.append(expression)
        types[name] = Self.declared(expression.resultType ?? .dynamic)
      }
      self.expressions = expressions
      self.written = written
      type = .object(CELObjectType("kubernetes.variables", types: types))
    }

    /// A variable's type as other expressions know it: which fields an object has shows when it is read.
    private static func declared(_ type: CELType) -> CELType {
      switch type {
      case .list(let element): .list(declared(element))
      case .map(let key, let value): .map(declared(key), declared(value))
      case .object, .opaque, .type, .parameter, .failure: .dynamic
      default: type
      }
    }
  }

  private let definitions: Definitions
  private let known = Mutex<[String: Result<CELValue, CELEvaluationError>]>([:])

  init(_ definitions: Definitions) { self.definitions = definitions }

  var type: CELType { definitions.type }

  func field(_ name: String, _ frame: inout CELFrame) throws -> CELValue? {
    if let value = known.withLock({ $0[name] }) { return try value.get() }
    guard let expression = definitions.expressions[name] else { return nil }
    guard let program = expression.program else {
      throw CELEvaluationError(
        "composited variable \(name.goQuoted) fails to compile: \(expression.problem ?? "")")
    }
    let value: Result<CELValue, CELEvaluationError>
    do {
      value = .success(try program.evaluate(within: &frame))
    } catch let error as CELEvaluationError {
      if error == .suspended { throw error }
      value = .failure(CELEvaluationError("composited variable \(name.goQuoted) fails to evaluate: \(error)"))
    }
    known.withLock { $0[name] = value }
    return try value.get()
  }
}
