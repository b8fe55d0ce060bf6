import APIMachinery

/// Expressions that choose devices ("Dynamic Resource Allocation", CELDeviceSelector): they see one device, and say whether it
/// will do.
enum DeviceExpressions {
  /// Bytes.
  private static let longest = 10 * 1024
  private static let mostCost: UInt64 = 1_000_000

  /// How large a device can be: attributes and capacities have names of a domain and an identifier, and are 32 together.
  private static let mostMembers: Int64 = 32
  private static let domain = CELSchemaType.sized(.string, elements: 63)
  private static let identifier = CELSchemaType.sized(.string, elements: 32)

  /// What an attribute is shows only when an expression is evaluated.
  private static let attributes = CELSchemaType.map(
    domain,
    .map(identifier, .sized(.dynamic, elements: 64), elements: mostMembers, sizesMembers: true), elements: mostMembers)
  private static let capacity = CELSchemaType.map(
    domain, .map(identifier, .sized(.quantity, elements: 0), elements: mostMembers), elements: mostMembers)

  private static let device = CELSchemaType.object(
    "kubernetes.DRADevice",
    [
      "driver": domain, "attributes": attributes, "capacity": capacity,
      "allowMultipleAllocations": .sized(.bool, elements: 1),
    ])

  private static let environment = CELEnvironment.kubernetes.with(["device": device.type]).withBindings()

  static func validate(_ expression: String, _ path: FieldPath, _ findings: inout Findings) {
    guard expression.utf8.count <= longest else { return findings.add(.tooLong(path, maximumBytes: longest)) }
    do {
      let program = try environment.compile(expression)
      guard program.resultType == .bool || program.resultType == .dynamic else {
        return findings.invalid(
          path, .string(expression),
          "must evaluate to bool or the unknown type, not \(program.resultType.goDescription)")
      }
      if cost(of: program) > mostCost { findings.forbidden(path, "too complex, exceeds cost limit") }
    } catch {
      findings.invalid(path, .string(expression), "compilation failed: \(error)")
    }
  }

  /// What an expression costs at most.
  /// - Throws: what is wrong with it.
  static func cost(of expression: String) throws(CELCompilationError) -> UInt64 {
    cost(of: try environment.compile(expression))
  }

  private static func cost(of program: CELProgram) -> UInt64 { program.estimatedCost(["device": device]).max }
}
