import APIMachinery
import ClusterAPI
import Testing

@testable import APIServer

@Suite struct DefinitionRulesTests {
  private let kinds: BuiltinKinds

  init() throws { kinds = try BuiltinKinds.load() }

  private func definition(_ schemas: JSONValue...) -> JSONObject {
    let versions = schemas.enumerated().map { number, schema -> JSONValue in
      ["name": .string("v\(number + 1)"), "schema": ["openAPIV3Schema": schema]]
    }
    return ["spec": ["versions": .array(versions)]]
  }

  private func fields(_ new: JSONObject, old: JSONObject? = nil) -> [String] {
    DefinitionRules.violations(new, old: old, kinds).map(\.field)
  }

  private let good: JSONValue = ["type": "object", "properties": ["a": ["type": "string"]]]
  private let bad: JSONValue = ["type": "object", "properties": ["a": [:]]]

  @Test func aStructuralSchemaIsFine() { #expect(fields(definition(good)).isEmpty) }

  @Test func whatAllVersionsShareStandsInOnePlace() {
    #expect(fields(definition(bad)) == ["spec.validation.openAPIV3Schema.properties[a].type"])
    #expect(fields(definition(bad, bad)) == ["spec.validation.openAPIV3Schema.properties[a].type"])
  }

  @Test func theVersionIsNamedWhereTheyDiffer() {
    #expect(fields(definition(good, bad)) == ["spec.versions[1].schema.openAPIV3Schema.properties[a].type"])
  }

  /// What is stored already keeps working, whatever the rules have become.
  @Test func whatIsAsItWasIsNotJudgedAgain() {
    #expect(fields(definition(bad), old: definition(bad)).isEmpty)
    #expect(fields(definition(bad), old: definition(good)) == ["spec.validation.openAPIV3Schema.properties[a].type"])
  }
}
