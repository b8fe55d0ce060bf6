import APIMachinery
import Testing

@testable import ClusterAPI

@Suite struct DeviceExpressionsTests {
  private static let attributes = #"device.attributes["dra.example.com"]"#
  private static let capacity = #"device.capacity["dra.example.com"]"#

  /// The costs are those that upstream estimates.
  @Test(
    arguments: [
      (#"device.attributes["no-such-domain"].noSuchAttr.isGreaterThan(quantity("0"))"#, 6),
      (#""no-such-domain" in device.attributes"#, 3), (#"device.driver == """#, 2),
      (#"device.driver == "dra.example.com""#, 4), ("\(attributes).name", 4), (#"\#(attributes)["name"]"#, 4),
      (#"cel.bind(dra, \#(attributes), dra.name)"#, 15), ("\(attributes).name > 0", 5),
      (#"\#(attributes).name == "fish""#, 5), (#"\#(attributes).name.isGreaterThan(semver("0.0.1"))"#, 6),
      (#"\#(attributes).name.isGreaterThan(semver("v0.0.1", true)) && isSemver("v1.0.0", true)"#, 7),
      (#"\#(capacity).name.isGreaterThan(quantity("1Ki"))"#, 6),
      (#""name" in \#(capacity) && \#(capacity).name.isGreaterThan(quantity("1Ki"))"#, 10),
      (#"!("name" in \#(capacity)) || \#(capacity).name.isGreaterThan(quantity("1Ki"))"#, 11),
      (#"device.attributes.exists_one(x, x == "dra.example.com")"#, 164),
      (#"\#(attributes).exists_one(x, x == "services")"#, 133),
      (#"\#(attributes).services.split("example").size() >= 2"#, 19),
      (#"\#(attributes).services.matches("[^a]?sym")"#, 18),
      (#"device.capacity.exists_one(x, x == "dra.example.com")"#, 164),
      (#"\#(capacity).exists_one(x, x == "memory")"#, 133), ("device.allowMultipleAllocations == true", 3),
    ] as [(String, UInt64)])
  func costs(expression: String, cost: UInt64) throws {
    #expect(try DeviceExpressions.cost(of: expression) == cost)
  }

  private static func findings(_ expression: String) -> [String] {
    var findings = Findings()
    DeviceExpressions.validate(expression, FieldPath("expression"), &findings)
    return findings.errors.map(\.description)
  }

  @Test func problems() {
    #expect(Self.findings("true").isEmpty)
    #expect(Self.findings("\(Self.attributes).isThere").isEmpty)
    #expect(
      Self.findings("1") == [
        #"expression: Invalid value: "1": must evaluate to bool or the unknown type, not int"#
      ])
    #expect(
      Self.findings("device.numa == 1") == [
        #"expression: Invalid value: "device.numa == 1": compilation failed: ERROR: <input>:1:7: undefined field 'numa'\#n | device.numa == 1\#n | ......^"#
      ])
    // List-valued attributes and their function are a feature that is off.
    #expect(
      Self.findings(#"\#(Self.attributes).name.includes("fish")"#).contains {
        $0.contains("undeclared reference to 'includes'")
      })
    #expect(
      Self.findings("'\(String(repeating: "a", count: 10 * 1024))' == device.driver") == [
        "expression: Too long: may not be more than 10240 bytes"
      ])
    let digits = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"
    let nested = ["a", "b", "c", "d", "e", "f", "g"].reversed().reduce("int('1'.find('[0-9]*')) < 100") {
      "\(digits).all(\($1), \($0))"
    }
    #expect(Self.findings(nested) == ["expression: Forbidden: too complex, exceeds cost limit"])
    #expect(
      Self.findings("cel.bind(a.b, 1, true)").contains {
        $0.contains("cel.bind() variable names must be simple identifiers")
      })
  }
}
