import APIMachinery
import Testing

@testable import ClusterAPI

/// Conditions of the common form: what each of their members may say.
@Suite struct ConditionValidationTests {
  private func problems(_ conditions: String) throws -> [String] {
    var findings = Findings()
    let list = try object("[\(conditions)]").arrayValue ?? []
    ConditionValidation.validate(list, FieldPath("status", "conditions"), &findings)
    return findings.errors.map(\.description)
  }

  private func condition(_ more: String, type: String = "Ready", time: String = "2026-01-01T00:00:00Z") -> String {
    #"{"type":"\#(type)","lastTransitionTime":"\#(time)",\#(more)}"#
  }

  @Test(arguments: ["A", "Ready", "a_b", "ReasonA,ReasonB", "ReasonA:ReasonB", "A1"])
  func reasons(reason: String) throws {
    #expect(try problems(condition(#""status":"True","reason":"\#(reason)""#)) == [])
  }

  @Test(arguments: ["1a", "a,", "a:", "a b", "a-b", "_a", "ä"])
  func theseAreNoReasons(reason: String) throws {
    let found = try problems(condition(#""status":"True","reason":"\#(reason)""#))
    #expect(
      found.count == 1
        && found[0].hasPrefix(
          #"status.conditions[0].reason: Invalid value: "\#(reason)": a condition reason must start with alphabetic"#)
    )
  }

  @Test func members() throws {
    #expect(
      try problems(condition(#""status":"Odd","observedGeneration":-1"#, time: "")) == [
        #"status.conditions[0].status: Unsupported value: "Odd": supported values: "False", "True", "Unknown""#,
        "status.conditions[0].observedGeneration: Invalid value: -1: must be greater than or equal to zero",
        "status.conditions[0].lastTransitionTime: Required value", "status.conditions[0].reason: Required value",
      ])
    let fine = condition(#""status":"True","reason":"A""#)
    #expect(
      try problems("\(fine),\(fine)") == [#"status.conditions[1].type: Duplicate value: "Ready""#])
    let long = String(repeating: "a", count: 1025)
    #expect(
      try problems(condition(#""status":"True","reason":"\#(long)""#)) == [
        "status.conditions[0].reason: Too long: may not be more than 1024 bytes"
      ])
    let found = try problems(condition(#""status":"True","reason":"A""#, type: "a b"))
    #expect(found.first?.hasPrefix(#"status.conditions[0].type: Invalid value: "a b": name part must"#) == true)
  }
}
