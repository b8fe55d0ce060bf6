import APIMachinery
import Testing

@testable import ClusterAPI

@Suite struct FlowControlValidationTests {
  private static let rule =
    #""subjects":[{"kind":"User","user":{"name":"u"}}],"resourceRules":[{"verbs":["get"],"apiGroups":["*"],"resources":["*"],"namespaces":["*"]}]"#

  private static func rules(_ subjects: String, _ rest: String) -> String {
    #""priorityLevelConfiguration":{"name":"a"},"matchingPrecedence":10,"rules":[{"subjects":[\#(subjects)],\#(rest)}]"#
  }

  private static let paths = #""nonResourceRules":[{"verbs":["get"],"nonResourceURLs":["/"]}]"#
  private static let user = #"{"kind":"User","user":{"name":"u"}}"#

  @Test(
    arguments: [
      (#""priorityLevelConfiguration":{"name":"a"},"matchingPrecedence":10,"rules":[{\#(rule)}]"#, []),
      (
        #""priorityLevelConfiguration":{"name":"A"},"matchingPrecedence":1"#,
        [
          "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
          #"spec.priorityLevelConfiguration.name: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#,
        ]
      ),
      (
        rules(#"{"kind":"ServiceAccount","serviceAccount":{"name":"*","namespace":""},"user":{"name":"u"}}"#, paths),
        [
          "spec.rules[0].subjects[0].serviceAccount.namespace: Required value: must specify namespace for service account",
          "spec.rules[0].subjects[0].user: Forbidden: user is forbidden when subject kind is not 'User'",
        ]
      ),
      (
        rules(#"{"kind":"Group"}"#, paths),
        [
          "spec.rules[0].subjects[0].group: Required value: group is required when subject kind is 'Group'"
        ]
      ),
      (
        rules(
          user, #""resourceRules":[{"verbs":["*","get"],"apiGroups":["*","a"],"resources":[],"namespaces":["A"]}]"#),
        [
          #"spec.rules[0].resourceRules[0].verbs: Invalid value: ["*","get"]: if '*' is present, must not specify other verbs"#,
          #"spec.rules[0].resourceRules[0].apiGroups: Invalid value: ["*","a"]: if '*' is present, must not specify other api groups"#,
          "spec.rules[0].resourceRules[0].resources: Required value: resource rules must supply at least one resource",
          #"spec.rules[0].resourceRules[0].namespaces[0]: Invalid value: "A": each member of this list must be '*' or a DNS-1123 label; a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"#,
        ]
      ),
      (
        rules(user, #""resourceRules":[{"verbs":["odd"],"apiGroups":[""],"resources":["pods"]}]"#),
        [
          #"spec.rules[0].resourceRules[0].verbs: Unsupported value: ["odd"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch""#,
          "spec.rules[0].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace",
        ]
      ),
      (
        rules(
          user, #""nonResourceRules":[{"verbs":["*"],"nonResourceURLs":["a","/a b","/a//b","/a*","/*/*","/a/*",""]}]"#),
        [
          #"spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "a": must start with slash"#,
          #"spec.rules[0].nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/a b": must not contain white-space"#,
          #"spec.rules[0].nonResourceRules[0].nonResourceURLs[2]: Invalid value: "/a//b": must not contain double slash"#,
          #"spec.rules[0].nonResourceRules[0].nonResourceURLs[3]: Invalid value: "/a*": wildcard can only do suffix matching"#,
          #"spec.rules[0].nonResourceRules[0].nonResourceURLs[4]: Invalid value: "/*/*": wildcard can only do suffix matching"#,
          #"spec.rules[0].nonResourceRules[0].nonResourceURLs[6]: Invalid value: "": must not be empty"#,
        ]
      ),
    ] as [(String, [String])])
  func schemas(spec: String, expected: [String]) throws {
    let found = try problems(
      #"{"apiVersion":"flowcontrol.apiserver.k8s.io/v1","kind":"FlowSchema","metadata":{"name":"f"},"spec":{\#(spec)}}"#
    )
    #expect(found == expected)
  }

  @Test(
    arguments: [
      (#""type":"Limited","limited":{"limitResponse":{"type":"Reject"}}"#, []),
      (#""type":"Limited","limited":{"limitResponse":{"type":"Queue","queuing":{}}}"#, []),
      (
        #""type":"Limited","limited":{"nominalConcurrencyShares":-1,"lendablePercent":101,"borrowingLimitPercent":-1,"limitResponse":{"type":"Reject","queuing":{}}}"#,
        [
          "spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer",
          "spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive",
          "spec.limited.limitResponse.queuing: Forbidden: must be nil if limited.limitResponse.type is not Limited",
          "spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer",
        ]
      ),
      (
        #""type":"Limited","limited":{"limitResponse":{"type":"Queue","queuing":{"queues":64,"handSize":11}}}"#,
        [
          "spec.limited.limitResponse.queuing.handSize: Invalid value: 11: required entropy bits of deckSize 64 and handSize 11 should not be greater than 60"
        ]
      ),
      (#""type":"Limited","limited":{"limitResponse":{"type":"Queue","queuing":{"queues":64,"handSize":10}}}"#, []),
      (
        #""type":"Limited","limited":{"limitResponse":{"type":"Queue","queuing":{"queues":10000001,"handSize":1}}}"#,
        [
          "spec.limited.limitResponse.queuing.queues: Invalid value: 10000001: must not be greater than 10000000"
        ]
      ),
      (
        #""type":"Exempt","exempt":{"lendablePercent":-1}"#,
        [
          #"spec.type: Invalid value: "Exempt": type must be 'Exempt' if and only if name is 'exempt'"#,
          "spec.exempt.lendablePercent: Invalid value: -1: must be between 0 and 100, inclusive",
        ]
      ),
    ] as [(String, [String])])
  func levels(spec: String, expected: [String]) throws {
    let found = try problems(
      #"{"apiVersion":"flowcontrol.apiserver.k8s.io/v1","kind":"PriorityLevelConfiguration","metadata":{"name":"l"},"spec":{\#(spec)}}"#
    )
    #expect(found == expected)
  }
}
