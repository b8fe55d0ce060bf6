import APIMachinery
import PKI
import Testing

@testable import APIServer

/// A file of configuration: what is wrong with one is named, field by field, and what is right makes users of claims.
@Suite struct AuthenticationConfigurationTests {
  private static let head = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n"
  private static let issuer = #"issuer: {url: "https://issuer", audiences: [apus]}"#

  private func read(_ body: String) throws -> AuthenticationConfiguration {
    try AuthenticationConfiguration(Array((Self.head + body).utf8), disallowed: ["https://own"])
  }

  /// One entry of `jwt`, in YAML's form of JSON.
  private func entry(_ rest: String, issuer: String = issuer) -> String { "jwt: [{\(issuer), \(rest)}]" }

  private func message(_ body: String) -> String {
    do {
      _ = try read(body)
      return ""
    } catch { return (error as? StatusError)?.message ?? "\(error)" }
  }

  @Test(arguments: [
    ("jwt: [{}]", "jwt[0].issuer.url: Required value"),
    ("jwt: [{}]", "jwt[0].issuer.audiences: Required value: at least one jwt[0].issuer.audiences is required"),
    ("jwt: [{}]", "jwt[0].claimMappings.username: Required value: claim or expression is required"),
    (#"jwt: [{issuer: {url: "http://u:p@issuer?a=b#c"}}]"#, "URL scheme must be https"),
    (#"jwt: [{issuer: {url: "http://u:p@issuer?a=b#c"}}]"#, "URL must not contain a username or password"),
    (#"jwt: [{issuer: {url: "http://u:p@issuer?a=b#c"}}]"#, "URL must not contain a query"),
    (#"jwt: [{issuer: {url: "http://u:p@issuer?a=b#c"}}]"#, "URL must not contain a fragment"),
    (
      #"jwt: [{issuer: {url: "https://own"}}]"#,
      #"jwt[0].issuer.url: Invalid value: "https://own": URL must not overlap with disallowed issuers: [https://own]"#
    ),
    (
      #"jwt: [{issuer: {url: "https://a", discoveryURL: "https://a/"}}]"#,
      #"jwt[0].issuer.discoveryURL: Invalid value: "https://a/": discoveryURL must be different from URL"#
    ),
    (
      #"jwt: [{issuer: {url: "https://a", audiences: [x, z]}}]"#,
      "jwt[0].issuer.audienceMatchPolicy: Invalid value: \"\": audienceMatchPolicy must be MatchAny for multiple audiences"
    ),
    (
      #"jwt: [{issuer: {url: "https://a", audiences: [x, x], audienceMatchPolicy: MatchAny}}]"#,
      #"jwt[0].issuer.audiences[1]: Duplicate value: "x""#
    ),
    (
      #"jwt: [{issuer: {url: "https://a", certificateAuthority: nonsense}}]"#,
      #"jwt[0].issuer.certificateAuthority: Invalid value: "<omitted>""#
    ),
    (#"jwt: [{issuer: {url: "https://a", egressSelectorType: cluster}}]"#, "egress selector is not supported"),
    (#"jwt: [{issuer: {url: "https://a"}}, {issuer: {url: "https://a"}}]"#, "jwt[1].issuer.url: Duplicate value"),
    ("jwt: [{claimMappings: {username: {claim: sub}}}]", "jwt[0].claimMappings.username.prefix: Required value"),
    (
      "jwt: [{claimMappings: {username: {claim: sub, expression: claims.sub}}}]",
      "jwt[0].claimMappings.username: Invalid value: \"\": claim and expression can't both be set"
    ),
    (
      #"jwt: [{claimMappings: {username: {expression: claims.sub, prefix: "a:"}}}]"#,
      "jwt[0].claimMappings.username.prefix: Invalid value: \"a:\": may not be specified when expression is set"
    ),
    (
      "jwt: [{claimMappings: {username: {expression: 'claims.sub +'}}}]",
      "jwt[0].claimMappings.username.expression: Invalid value: \"claims.sub +\": compilation failed: ERROR: "
    ),
    (
      "jwt: [{claimMappings: {username: {expression: claims.email}}}]",
      "claims.email_verified must be used in claimMappings.username.expression or"
    ),
    (
      "jwt: [{claimMappings: {username: {expression: 'claims.?email.orValue(\"\")'}}}]",
      "claims.email_verified must be used in claimMappings.username.expression or"
    ),
    (
      "jwt: [{claimMappings: {groups: {expression: claims.email_verified}, username: {expression: claims.email}}}]",
      "claims.email_verified must be used in claimMappings.username.expression or"
    ),
    ("jwt: [{claimValidationRules: [{}]}]", "jwt[0].claimValidationRules[0]: Required value"),
    (
      "jwt: [{claimValidationRules: [{claim: a}, {claim: a}]}]", "jwt[0].claimValidationRules[1].claim: Duplicate value"
    ),
    ("jwt: [{claimValidationRules: [{claim: a, message: b}]}]", "may not be specified when claim is set"),
    (
      "jwt: [{claimValidationRules: [{expression: '1 + 1'}]}]",
      "jwt[0].claimValidationRules[0].expression: Invalid value: \"1 + 1\": must evaluate to bool"
    ),
    ("jwt: [{userValidationRules: [{}]}]", "jwt[0].userValidationRules[0].expression: Required value"),
    ("jwt: [{userValidationRules: [{expression: 'user.nme == \"a\"'}]}]", "undefined field 'nme'"),
    ("jwt: [{claimMappings: {extra: [{key: a}]}}]", "must be a domain-prefixed path (such as \"acme.io/foo\")"),
    ("jwt: [{claimMappings: {extra: [{key: 'Example.org/A'}]}}]", "must be lowercase"),
    (
      "jwt: [{claimMappings: {extra: [{key: 'a.k8s.io/x', valueExpression: '\"a\"'}]}}]",
      "k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use"
    ),
    ("anonymous: {enabled: false, conditions: [{path: /livez}]}", "anonymous.conditions: Invalid value"),
    ("jwt: {}", "json: cannot unmarshal object into Go struct field AuthenticationConfiguration.jwt"),
    ("jwt: [{issuers: {}}]", #"strict decoding error: unknown field "jwt[0].issuers""#),
  ])
  func whatIsWrongIsNamed(body: String, words: String) {
    #expect(message(body).contains(words), "\(message(body))")
  }

  @Test func anotherKindIsNone() {
    for text in ["", "[]", "kind: AuthenticationConfiguration", "apiVersion: apiserver.config.k8s.io/v7\nkind: X"] {
      #expect(throws: StatusError.self) { try AuthenticationConfiguration(Array(text.utf8), disallowed: []) }
    }
  }

  @Test func whoMayBeNobody() throws {
    #expect(try read("jwt: []").anonymous == nil)
    let some = try #require(try read("anonymous: {enabled: true, conditions: [{path: /livez}]}").anonymous)
    #expect(some.allows("/livez") && !some.allows("/livez/ping") && !some.allows("/api"))
    let none = try #require(try read("anonymous: {enabled: false}").anonymous)
    #expect(!none.allows("/livez"))
    #expect(try #require(try read("anonymous: {enabled: true}").anonymous).allows("/api"))
  }

  // MARK: Users

  private func user(_ rest: String, _ claims: [String: ClaimValue]) throws -> User {
    let configuration = try #require(try read(entry(rest)).issuers.first)
    let user = try configuration.mappings.user(claims)
    try configuration.rules.check(claims, user)
    return user
  }

  private let claims: [String: ClaimValue] = [
    "sub": .string("jane"), "teams": .array([.string("a"), .string(""), .string("b")]), "age": .number(7),
    "jti": .string("x"), "tenant": .object(["id": .string("t"), "a.b": .string("dotted")]),
  ]

  @Test func expressionsMakeUsers() throws {
    let made = try user(
      #"""
      claimMappings: {username: {expression: '"corp:" + claims.sub'}, groups: {expression: "claims.teams"},
      uid: {expression: 'claims.tenant.id + "-" + claims.tenant["a.b"]'},
      extra: [{key: example.org/tenant, valueExpression: claims.tenant.id}, {key: example.org/none, valueExpression: "''"}]}
      """#.replacing("\n", with: " "), claims)
    #expect(
      made
        == User(
          name: "corp:jane", uid: "t-dotted", groups: ["a", "b"],
          extra: ["example.org/tenant": ["t"], "authentication.kubernetes.io/credential-id": ["JTI=x"]]))
  }

  @Test func claimsMakeUsers() throws {
    let made = try user(
      #"claimMappings: {username: {claim: sub, prefix: ""}, groups: {claim: teams, prefix: "g:"}, uid: {claim: jti}}"#,
      claims)
    #expect(made.name == "jane" && made.uid == "x" && made.groups == ["g:a", "g:", "g:b"])
  }

  @Test(arguments: [
    ("claimMappings: {username: {expression: claims.name}}", "expression 'claims.name' resulted in error: no such key"),
    ("claimMappings: {username: {expression: claims.age}}", "username claim expression must return a string"),
    ("claimMappings: {username: {expression: \"''\"}}", "oidc: empty username via CEL expression is not allowed"),
    (
      "claimMappings: {username: {expression: claims.sub}, groups: {expression: claims.age}}",
      "expression must return a string or a list of strings"
    ),
    (
      "claimMappings: {username: {expression: claims.sub}}, claimValidationRules: [{expression: 'claims.age > 8.0', message: too young}]",
      "oidc: error evaluating claim validation expression: validation expression 'claims.age > 8.0' failed: too young"
    ),
    (
      "claimMappings: {username: {expression: claims.sub}}, userValidationRules: [{expression: '!user.username.startsWith(\"ja\")', message: stop}]",
      "oidc: error evaluating user info validation rule: validation expression '!user.username.startsWith(\"ja\")' failed: stop"
    ),
    (
      "claimMappings: {username: {expression: claims.sub}}, claimValidationRules: [{claim: sub, requiredValue: joe}]",
      "oidc: required claim sub value does not match. Got = jane, want = joe"
    ),
  ])
  func tokensThatMakeNoUser(rest: String, words: String) throws {
    let refusal = #expect(throws: TokenRefusal.self) { _ = try user(rest, claims) }
    #expect(refusal?.message.contains(words) == true, "\(refusal?.message ?? "")")
  }
}
