import APIMachinery
import Testing

@testable import ClusterAPI

@Suite struct AdmissionPolicyValidationTests {
  private static let rule = #"{"operations":["CREATE"],"apiGroups":[""],"apiVersions":["v1"],"resources":["pods"]}"#

  private func policy(_ kind: String, _ spec: String, rules: String = rule, match: String = "") throws -> [String] {
    try problems(
      #"{"apiVersion":"admissionregistration.k8s.io/v1","kind":"\#(kind)","metadata":{"name":"p.example.com"},"spec":{"matchConstraints":{"resourceRules":[\#(rules)]\#(match)},\#(spec)}}"#
    )
  }

  private func validating(_ spec: String, rules: String = rule, match: String = "") throws -> [String] {
    try policy("ValidatingAdmissionPolicy", spec, rules: rules, match: match)
  }

  private func binding(_ spec: String, kind: String = "ValidatingAdmissionPolicyBinding") throws -> [String] {
    try problems(
      #"{"apiVersion":"admissionregistration.k8s.io/v1","kind":"\#(kind)","metadata":{"name":"b"},"spec":{\#(spec)}}"#)
  }

  private static let fine = #""validations":[{"expression":"true"}]"#

  @Test func whatIsFine() throws {
    #expect(try validating(Self.fine) == [])
    // An expression of several lines needs no message.
    #expect(try validating(#""validations":[{"expression":"true &&\n true","message":" one line \n"}]"#) == [])
    #expect(try binding(#""policyName":"p","validationActions":["Audit","Deny"]"#) == [])
  }

  @Test func nothingToJudge() throws {
    let words = "Required value: validations or auditAnnotations must contain at least one item"
    #expect(try validating(#""validations":[]"#) == ["spec.validations: \(words)", "spec.auditAnnotations: \(words)"])
    #expect(try validating(Self.fine, rules: "") == ["spec.matchConstraints.resourceRules: Required value"])
  }

  @Test(arguments: [
    (#"{"apiVersion":"","kind":"K"}"#, "apiVersion: Required value"),
    (
      #"{"apiVersion":"a/b/c","kind":"K"}"#,
      #"apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c"#
    ),
    (#"{"apiVersion":"a/","kind":"K"}"#, #"apiVersion: Invalid value: "a/": version must be specified"#),
    (#"{"apiVersion":"A/v1","kind":"K"}"#, #"apiVersion: Invalid value: "A": a lowercase RFC 1123 subdomain"#),
    (#"{"apiVersion":"a/1","kind":"K"}"#, #"apiVersion: Invalid value: "1": a DNS-1035 label"#),
    (#"{"apiVersion":"v1"}"#, "kind: Required value"),
    (
      #"{"apiVersion":"v1","kind":"K_"}"#,
      #"kind: Invalid value: "K_": may have mixed case, but should otherwise match: a DNS-1035 label"#
    ),
  ])
  func parameterKinds(kind: String, words: String) throws {
    let found = try validating(#""paramKind":\#(kind),\#(Self.fine)"#)
    #expect(found.count == 1 && found[0].hasPrefix("spec.paramKind.\(words)"), "\(found)")
  }

  @Test func validations() throws {
    func problem(_ validation: String) throws -> [String] {
      try validating(#""validations":[{"expression":"true",\#(validation)}]"#)
    }
    #expect(
      try problem(#""message":"  ""#)
        == [#"spec.validations[0].message: Invalid value: "  ": must be non-empty if specified"#])
    #expect(
      try problem(#""message":"a\nb""#)
        == [#"spec.validations[0].message: Invalid value: "a\nb": must not contain line breaks"#])
    #expect(
      try problem(#""reason":"Unauthorized""#)
        == [
          #"spec.validations[0].reason: Unsupported value: "Unauthorized": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge""#
        ])
  }

  @Test func annotations() throws {
    func annotation(_ key: String, _ expression: String = "'a'") -> String {
      #"{"key":"\#(key)","valueExpression":"\#(expression)"}"#
    }
    func problems(_ annotations: [String]) throws -> [String] {
      try validating(#""auditAnnotations":[\#(annotations.joined(separator: ","))]"#)
    }
    #expect(try problems([annotation("a"), annotation("b")]) == [])
    #expect(
      try problems([annotation("a"), annotation("a")]) == [#"spec.auditAnnotations[1].key: Duplicate value: "a""#])
    let wrong = try problems([annotation("a b")])
    #expect(wrong.count == 1)
    #expect(wrong[0].hasPrefix(#"spec.auditAnnotations[0].key: Invalid value: "p.example.com/a b": name part must"#))
    #expect(
      try problems([annotation("a", String(repeating: "a", count: 5121))])
        == ["spec.auditAnnotations[0].valueExpression: Required value: must not exceed 5120 bytes in length"])
    let many = try problems((0..<21).map { annotation("a\($0)") })
    #expect(many.count == 1 && many[0].hasSuffix("must not have more than 20 auditAnnotations"))
  }

  @Test func resourceNames() throws {
    let rule =
      #"{"operations":["CREATE"],"apiGroups":[""],"apiVersions":["v1"],"resources":["pods"],"resourceNames":["a","a/b","a"]}"#
    #expect(
      try validating(Self.fine, rules: rule) == [
        #"spec.matchConstraints.resourceRules[0].resourceNames[1]: Invalid value: "a/b": may not contain '/'"#,
        #"spec.matchConstraints.resourceRules[0].resourceNames[2]: Duplicate value: "a""#,
      ])
  }

  @Test(arguments: [
    (
      #"["pods/*","pods/status"]"#,
      #"[1]: Invalid value: "pods/status": if 'pods/*' is present, must not specify pods/status"#
    ),
    (
      #"["*/status","pods/status"]"#,
      #"[1]: Invalid value: "pods/status": if '*/status' is present, must not specify pods/status"#
    ),
    (#"["*/*","pods"]"#, #": Invalid value: ["*/*","pods"]: if '*/*' is present, must not specify other resources"#),
    (
      #"["*","pods"]"#,
      #": Invalid value: ["*","pods"]: if '*' is present, must not specify other resources without subresources"#
    ),
    (#"[""]"#, "[0]: Required value"), ("[]", ": Required value"),
  ])
  func resources(resources: String, words: String) throws {
    let rule = #"{"operations":["CREATE"],"apiGroups":[""],"apiVersions":["v1"],"resources":\#(resources)}"#
    #expect(try validating(Self.fine, rules: rule) == ["spec.matchConstraints.resourceRules[0].resources\(words)"])
  }

  @Test func matchConditions() throws {
    #expect(
      try validating(#""matchConditions":[{"name":"","expression":" "}],\#(Self.fine)"#)
        == ["spec.matchConditions[0].expression: Required value", "spec.matchConditions[0].name: Required value"])
  }

  @Test func mutations() throws {
    func problems(_ mutations: String, rules: String = Self.rule) throws -> [String] {
      try policy(
        "MutatingAdmissionPolicy", #""reinvocationPolicy":"Never","mutations":[\#(mutations)]"#, rules: rules)
    }
    let apply = #""applyConfiguration":{"expression":"Object{}"}"#
    #expect(try problems(#"{"patchType":"ApplyConfiguration",\#(apply)}"#) == [])
    #expect(try problems("") == ["spec.mutations: Required value: mutations must contain at least one item"])
    #expect(
      try problems(#"{"patchType":"JSONPatch",\#(apply)}"#) == [
        #"spec.mutations[0].applyConfiguration: Invalid value: "{applyConfiguration}": must not be specified when patchType is JSONPatch"#,
        "spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch",
      ])
    let deleting = #"{"operations":["DELETE"],"apiGroups":[""],"apiVersions":["v1"],"resources":["pods"]}"#
    #expect(
      try problems(#"{"patchType":"ApplyConfiguration",\#(apply)}"#, rules: deleting) == [
        #"spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE""#
      ])
    #expect(
      try policy("MutatingAdmissionPolicy", #""mutations":[{"patchType":"ApplyConfiguration",\#(apply)}]"#)
        == ["spec.reinvocationPolicy: Required value"])
  }

  @Test func bindings() throws {
    let actions = #""validationActions":["Deny"]"#
    #expect(
      try binding(#""policyName":"p","validationActions":["Deny","Warn","Deny","x"]"#) == [
        #"spec.validationActions[2]: Duplicate value: "Deny""#,
        #"spec.validationActions[3]: Unsupported value: "x": supported values: "Audit", "Deny", "Warn""#,
        #"spec.validationActions: Invalid value: ["Deny","Warn","Deny","x"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)"#,
      ])
    #expect(
      try binding(#""policyName":"p",\#(actions),"paramRef":{"name":"a","selector":{}}"#) == [
        "spec.paramRef.name: Forbidden: name and selector are mutually exclusive",
        "spec.paramRef.selector: Forbidden: name and selector are mutually exclusive",
        "spec.paramRef.parameterNotFoundAction: Required value",
      ])
    #expect(
      try binding(#""policyName":"p",\#(actions),"paramRef":{"parameterNotFoundAction":"Deny"}"#)
        == ["spec.paramRef: Required value: one of name or selector must be specified"])
    #expect(
      try binding(#""matchResources":{}"#, kind: "MutatingAdmissionPolicyBinding")
        == ["spec.policyName: Required value"])
  }

  @Test(arguments: [
    ("http://a/b", "\"http\": 'https' is the only allowed URL scheme; desired format: https://host[/path]"),
    ("https:///b", "\"\": host must be specified; desired format: https://host[/path]"),
    ("https://u:p@a/b", "\"u:p\": user information is not permitted in the URL"),
    ("https://a/b#c", "\"c\": fragments are not permitted in the URL"),
    ("https://a?b=c", "\"b=c\": query parameters are not permitted in the URL"),
  ])
  func addresses(url: String, words: String) throws {
    #expect(
      try webhook(#""url":"\#(url)""#) == ["webhooks[0].clientConfig.url: Invalid value: \(words)"])
  }

  private func webhook(_ client: String) throws -> [String] {
    try problems(
      #"{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingWebhookConfiguration","metadata":{"name":"w"},"webhooks":[{"name":"a.example.com","sideEffects":"None","admissionReviewVersions":["v1"],"clientConfig":{\#(client)}}]}"#
    )
  }

  @Test(arguments: [
    ("/a/b/", []), ("//", ["segment[0] may not be empty"]),
    ("a", ["must start with a '/'", "segment[0] may not be empty"]),
    ("/a//b", ["segment[1] may not be empty"]), ("/A", ["segment[0]: a lowercase RFC 1123 subdomain"]),
  ])
  func paths(path: String, words: [String]) throws {
    let found = try webhook(#""service":{"name":"s","namespace":"n","path":"\#(path)"}"#)
    #expect(found.count == words.count, "\(found)")
    for (problem, words) in zip(found, words) { #expect(problem.contains(words), "\(problem)") }
  }
}
