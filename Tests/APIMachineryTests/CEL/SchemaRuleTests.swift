import APIMachinery
import Testing

/// Rules of a custom kind's schema, on objects and where the schema is written.
@Suite struct SchemaRuleTests {
  private func schema(_ spec: JSONValue) throws -> Schema {
    try SchemaReader(.customResource).schema(["type": "object", "properties": ["spec": spec]])
  }

  private func errors(_ spec: JSONValue, _ object: JSONValue, old: JSONValue? = nil) throws -> [String] {
    SchemaRuleEvaluation.evaluate(
      ["spec": object], by: try schema(spec), old: old.map { ["spec": $0] }
    ).errors.map(\.description)
  }

  private func rules(_ rules: JSONValue..., properties: JSONValue) -> JSONValue {
    ["type": "object", "properties": properties, "x-kubernetes-validations": .array(rules)]
  }

  private let range: JSONValue = ["min": ["type": "integer"], "max": ["type": "integer"]]

  @Test func aRuleThatFailsIsTold() throws {
    let plain = rules(["rule": "self.min <= self.max"], properties: range)
    #expect(try errors(plain, ["min": 1, "max": 2]).isEmpty)
    #expect(try errors(plain, ["min": 3, "max": 2]) == ["spec: Invalid value: failed rule: self.min <= self.max"])
    #expect(
      try errors(plain, ["min": 3]) == [
        "spec: Invalid value: \"object\": no such key: max evaluating rule: self.min <= self.max"
      ])
    let worded = rules(
      [
        "rule": "self.min <= self.max", "message": "static",
        "messageExpression": "'%d is more than %d'.format([self.min, self.max])",
        "reason": "FieldValueForbidden", "fieldPath": ".min",
      ], properties: range)
    #expect(try errors(worded, ["min": 3, "max": 2]) == ["spec.min: Forbidden: 3 is more than 2"])
    let placeless = rules(["rule": "self.min <= self.max", "message": "no", "fieldPath": ""], properties: range)
    #expect(try errors(placeless, ["min": 3, "max": 2]) == ["spec: Invalid value: no"])
  }

  @Test func aFieldNamedLikeAWordOfTheLanguageIsReadAsItIsWritten() throws {
    let spec = rules(
      ["rule": "self.namespace == 'a' && self.__if__ == self.if && has(self.for.while)"],
      properties: [
        "namespace": ["type": "string"], "if": ["type": "integer"],
        "for": ["type": "object", "properties": ["while": ["type": "string"]]],
      ])
    #expect(try errors(spec, ["namespace": "a", "if": 1, "for": ["while": ""]]).isEmpty)
    #expect(try errors(spec, ["namespace": "a", "if": 1, "for": [:]]).count == 1)
  }

  @Test func whatIsNullIsNotThere() throws {
    let spec = rules(
      ["rule": "!has(self.a) && !self.?a.hasValue()"], properties: ["a": ["type": "string", "nullable": true]])
    #expect(try errors(spec, ["a": .null]).isEmpty)
    #expect(try errors(spec, ["a": "x"]).count == 1)
  }

  @Test func whatCannotBeEvaluatedIsToldOfTheRule() throws {
    let spec = rules(["rule": "self.max > int('x')"], properties: range)
    let found = SchemaRuleCosts.errors(in: try schema(spec), at: FieldPath("s")).map(\.description)
    #expect(found.count == 1)
    // The rule is shown as the structure that it is in Go.
    #expect(
      found[0].hasPrefix(
        #"s.properties[spec].x-kubernetes-validations[0].rule: Invalid value: {"Rule":"self.max \u003e int('x')","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: "#
      ))
    #expect(found[0].hasSuffix("program instantiation failed: type conversion error from 'string' to 'int'"))
  }

  @Test func rulesBelowWhatExpressionsDoNotSeeAreChecked() throws {
    let node = try SchemaReader(.customResource).schema([
      "type": "object",
      "properties": ["f@2": ["type": "string", "maxLength": 5, "x-kubernetes-validations": [["rule": "self == 1"]]]],
    ])
    let found = SchemaRuleCosts.errors(in: node, at: FieldPath("s")).map(\.description)
    #expect(found.count == 1)
    #expect(found[0].contains("found no matching overload for '_==_' applied to '(string, int)'"))
  }

  @Test func transitionsNeedAnOldValue() throws {
    let text: JSONValue = [
      "type": "string", "x-kubernetes-validations": [["rule": "self == oldSelf", "message": "immutable"]],
    ]
    let spec: JSONValue = ["type": "object", "properties": ["name": text]]
    #expect(try errors(spec, ["name": "a"]).isEmpty)
    #expect(try errors(spec, ["name": "a"], old: [:]).isEmpty)
    #expect(try errors(spec, ["name": "b"], old: ["name": "a"]) == ["spec.name: Invalid value: \"b\": immutable"])
    let optional = rules(
      ["rule": "oldSelf.hasValue() || self.min == 0", "optionalOldSelf": true, "message": "starts at 0"],
      properties: range)
    #expect(try errors(optional, ["min": 1]) == ["spec: Invalid value: starts at 0"])
    #expect(try errors(optional, ["min": 1], old: ["min": 0]).isEmpty)
  }

  @Test func itemsOfMapListsAreFoundAgain() throws {
    let spec: JSONValue = [
      "type": "object",
      "properties": [
        "list": [
          "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
          "items": [
            "type": "object", "required": ["k"], "properties": ["k": ["type": "string"], "v": ["type": "integer"]],
            "x-kubernetes-validations": [["rule": "self.v >= oldSelf.v", "message": "shrinks"]],
          ],
        ]
      ],
    ]
    let old: JSONValue = ["list": [["k": "a", "v": 5], ["k": "b", "v": 1]]]
    #expect(
      try errors(spec, ["list": [["k": "b", "v": 1], ["k": "a", "v": 4]]], old: old) == [
        "spec.list[1]: Invalid value: shrinks"
      ])
    #expect(try errors(spec, ["list": [["k": "c", "v": 0]]], old: old).isEmpty)
  }

  @Test func whatDoesNotChangeIsAWarning() throws {
    let spec = rules(["rule": "self.min <= self.max"], properties: range)
    let both = SchemaRuleEvaluation.evaluate(
      ["spec": ["min": 3, "max": 2], "other": 1], by: try schema(spec), old: ["spec": ["min": 3, "max": 2]])
    #expect(both.errors.isEmpty)
    #expect(both.warnings.map(\.description) == ["spec: Invalid value: failed rule: self.min <= self.max"])
  }

  @Test func typesFollowTheSchema() throws {
    let spec: JSONValue = [
      "type": "object",
      "properties": [
        "when": ["type": "string", "format": "date-time"], "for": ["type": "string", "format": "duration"],
        "bytes": ["type": "string", "format": "byte"], "any": ["x-kubernetes-int-or-string": true],
        "namespace": ["type": "string"],
        "a-b.c": ["type": "integer"],
        "set": ["type": "array", "x-kubernetes-list-type": "set", "items": ["type": "string"]],
        "ratio": ["type": "number"], "labels": ["type": "object", "additionalProperties": ["type": "string"]],
      ],
      "x-kubernetes-validations": [
        ["rule": "self.when + self.__for__ > timestamp('2024-01-01T00:59:00Z')"], ["rule": "self.bytes == b'abc'"],
        ["rule": "type(self.any) == int ? self.any > 3 : self.any.endsWith('%')"],
        ["rule": "self.__namespace__ == 'x'"],
        ["rule": "self.a__dash__b__dot__c == 1"],
        ["rule": "self.set == ['b', 'a'] && (self.set + ['a', 'c']).size() == 3"],
        ["rule": "self.ratio == 2.0"],
        ["rule": "self.labels.all(k, self.labels[k].size() < 3) && !has(self.labels.missing)"],
      ],
    ]
    let found = try errors(
      spec,
      [
        "when": "2024-01-01T00:00:00Z", "for": "1h", "bytes": "YWJj", "any": "5%", "namespace": "x", "a-b.c": 1,
        "set": ["a", "b"], "ratio": 2, "labels": ["k": "v"],
      ])
    #expect(found.isEmpty)
  }

  private func definitionErrors(_ spec: JSONValue) throws -> [String] {
    SchemaRuleCosts.errors(in: try schema(spec), at: FieldPath("spec", "validation", "openAPIV3Schema")).map {
      "\($0.kind.reason) \($0.field): \($0.detail)"
    }
  }

  @Test func definitionsAreJudged() throws {
    let place = "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0]"
    #expect(try definitionErrors(rules(["rule": "self.min <= self.max"], properties: range)).isEmpty)
    #expect(
      try definitionErrors(rules(["rule": "self.min"], properties: range)) == [
        "FieldValueInvalid \(place).rule: cel expression must evaluate to a bool"
      ])
    #expect(
      try definitionErrors(rules(["rule": "self.mn > 0"], properties: range)) == [
        "FieldValueInvalid \(place).rule: compilation failed: ERROR: <input>:1:5: undefined field 'mn'\n | self.mn > 0\n | ....^"
      ])
    #expect(
      try definitionErrors(rules(["rule": "self.min > 0", "messageExpression": "1"], properties: range)) == [
        "FieldValueInvalid \(place).messageExpression: messageExpression must evaluate to a string"
      ])
    #expect(
      try definitionErrors(rules(["rule": "self.min > 0", "optionalOldSelf": true], properties: range)) == [
        "FieldValueInvalid \(place).optionalOldSelf: may not be set if oldSelf is not used in rule"
      ])
  }

  @Test func whatCostsTooMuchIsRefused() throws {
    let list: JSONValue = ["type": "array", "items": ["type": "string"]]
    let unbounded = rules(["rule": "self.list.all(x, self.list.all(y, x == y || x != y))"], properties: ["list": list])
    let place = "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule"
    let found = try definitionErrors(unbounded)
    #expect(
      found.first
        == "FieldValueForbidden \(place): estimated rule cost exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)"
    )
    #expect(found.count == 3)
    let bounded: JSONValue = ["type": "array", "maxItems": 50, "items": ["type": "string", "maxLength": 20]]
    #expect(
      try definitionErrors(
        rules(["rule": "self.list.all(x, self.list.all(y, x == y || x != y))"], properties: ["list": bounded])
      ).isEmpty)
  }

  @Test func oldValuesOfUnrelatedItemsAreNotCompared() throws {
    let spec: JSONValue = [
      "type": "object",
      "properties": [
        "list": [
          "type": "array", "maxItems": 5,
          "items": ["type": "string", "maxLength": 9, "x-kubernetes-validations": [["rule": "self == oldSelf"]]],
        ]
      ],
    ]
    #expect(
      try definitionErrors(spec) == [
        "FieldValueInvalid spec.validation.openAPIV3Schema.properties[spec].properties[list].items.x-kubernetes-validations[0].rule: oldSelf cannot be used on the uncorrelatable portion of the schema within spec.validation.openAPIV3Schema.properties[spec].properties[list]"
      ])
  }
}
