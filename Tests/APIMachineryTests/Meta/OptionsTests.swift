import APIMachinery
import Testing

@Suite("Options of requests")
struct OptionsTests {
  private func message(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return (error as? StatusError)?.message
    }
  }

  @Test("list options are read")
  func list() throws {
    let options = try ListOptions([
      "labelSelector": "app=web", "fieldSelector": "metadata.name=a", "limit": "500", "timeoutSeconds": "30",
      "resourceVersion": "7", "resourceVersionMatch": "Exact", "watch": "false",
    ])
    #expect(options.labelSelector.description == "app=web")
    #expect(options.fieldSelector.description == "metadata.name=a")
    #expect(options.limit == 500)
    #expect(options.timeout == 30)
    #expect(try options.wanted() == .exactly(7))
    #expect(try ListOptions([:]) == ListOptions())
  }

  @Test(
    "flags",
    arguments: [("true", true), ("1", true), ("", true), ("x", true), ("false", false), ("False", false), ("0", false)])
  func flags(text: String, value: Bool) throws {
    #expect(try ListOptions(["watch": text, "resourceVersion": "5"]).watch == value)
  }

  @Test(
    "the version that an object says it has",
    arguments: [("", 0), ("0", 0), ("00", 0), ("0017", 17)] as [(String, UInt64)])
  func versionOfObject(text: String, revision: UInt64) throws {
    #expect(try ResourceVersions.ofObject(text) == revision)
  }

  @Test(
    "what is no version of an object is an error of its own",
    arguments: [
      ("abc", "invalid syntax"), ("-1", "invalid syntax"), ("+1", "invalid syntax"), ("1.5", "invalid syntax"),
      (" 1", "invalid syntax"), ("99999999999999999999", "value out of range"),
    ])
  func noVersion(text: String, why: String) throws {
    let error = #expect(throws: StatusError.self) { try ResourceVersions.ofObject(text) }
    #expect(error?.code == 500 && error?.reason == .unknown)
    #expect(error?.message == "strconv.ParseUint: parsing \"\(text)\": \(why)")
    #expect(ResourceVersions.number(text) == nil)
  }

  @Test("a watch without a resource version begins with the state")
  func watchDefaults() throws {
    #expect(try ListOptions(["watch": "1"]).sendInitialEvents == true)
    #expect(try ListOptions(["watch": "1", "resourceVersion": "0"]).resourceVersionMatch == "NotOlderThan")
    #expect(try ListOptions(["watch": "1", "resourceVersion": "5"]).sendInitialEvents == nil)
  }

  @Test(
    "what does not go together is refused in Kubernetes' words",
    arguments: [
      (
        ["resourceVersionMatch": "Exact"],
        "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"
      ),
      (
        ["resourceVersionMatch": "Exact", "resourceVersion": "0"],
        "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""
      ),
      (
        ["resourceVersionMatch": "Fuzzy", "resourceVersion": "5"],
        "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Unsupported value: \"Fuzzy\": supported values: \"Exact\", \"NotOlderThan\", \"\""
      ),
      (
        ["sendInitialEvents": "true"],
        "ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list"
      ),
      (
        ["watch": "1", "sendInitialEvents": "true"],
        "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
      ),
      (
        ["watch": "1", "resourceVersion": "5", "resourceVersionMatch": "NotOlderThan"],
        "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
      ),
      (["limit": "x"], "strconv.ParseInt: parsing \"x\": invalid syntax"),
      (["limit": "99999999999999999999"], "strconv.ParseInt: parsing \"99999999999999999999\": value out of range"),
      (["labelSelector": "a in b"], "unable to parse requirement: found 'b' expected: '('"),
    ] as [([String: String], String)])
  func listErrors(query: [String: String], expected: String) {
    #expect(message { _ = try ListOptions(QueryParameters(query.mapValues { [$0] })) } == expected)
  }

  @Test(
    "what a list wants to see",
    arguments: [
      ([:], .latest), (["resourceVersion": "0"], .any), (["resourceVersion": "5"], .notOlderThan(5)),
      (["resourceVersion": "5", "limit": "1"], .exactly(5)), (["resourceVersion": "0", "limit": "1"], .any),
      (["resourceVersion": "5", "resourceVersionMatch": "NotOlderThan", "limit": "1"], .notOlderThan(5)),
      (["resourceVersion": "0", "resourceVersionMatch": "NotOlderThan"], .any),
      (["continue": ContinueToken(revision: 3, start: "a").description], .page(ContinueToken(revision: 3, start: "a"))),
    ] as [([String: String], ResourceVersions.Wanted)])
  func wanted(query: [String: String], wanted: ResourceVersions.Wanted) throws {
    #expect(try ListOptions(QueryParameters(query.mapValues { [$0] })).wanted() == wanted)
  }

  @Test(
    "resource versions that are none",
    arguments: [
      (
        "abc",
        "invalid resource version: resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": invalid syntax"
      ),
      (
        "-1",
        "invalid resource version: resourceVersion: Invalid value: \"-1\": strconv.ParseUint: parsing \"-1\": invalid syntax"
      ),
      (
        "99999999999999999999",
        "invalid resource version: resourceVersion: Invalid value: \"99999999999999999999\": strconv.ParseUint: parsing \"99999999999999999999\": value out of range"
      ),
    ])
  func wrongVersions(text: String, expected: String) {
    #expect(message { _ = try ListOptions(["resourceVersion": text]).wanted() } == expected)
    // A get is told so in another way.
    let error = #expect(throws: StatusError.self) { _ = try GetOptions(["resourceVersion": text]).wanted() }
    #expect(error?.code == 500 && error?.reason == .unknown)
    #expect(error.map { "invalid resource version: \($0.message)" } == expected)
  }

  @Test("a token and a resource version exclude each other")
  func tokenAndVersion() {
    let token = ContinueToken(revision: 3, start: "a").description
    #expect(
      message { _ = try ListOptions(["continue": token, "resourceVersion": "5"]).wanted() }
        == "specifying resource version is not allowed when using continue")
  }

  @Test("write options")
  func write() throws {
    let options = try WriteOptions(
      ["fieldManager": "kubectl", "dryRun": "All", "fieldValidation": "Strict", "force": "true"], for: .apply)
    #expect(options.isDryRun)
    #expect(options.force)
    #expect(options.fieldManager == "kubectl")
    #expect(options.fieldValidation == .strict)
    #expect(try WriteOptions([:], for: .create).fieldValidation == .warn)
    #expect(
      message { _ = try WriteOptions([:], for: .apply) }
        == "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch")
    #expect(
      message { _ = try WriteOptions(["force": "true"], for: .patch) }
        == "PatchOptions.meta.k8s.io \"\" is invalid: force: Forbidden: may not be specified for non-apply patch")
    #expect(
      message { _ = try WriteOptions(["dryRun": "Some"], for: .update) }
        == "UpdateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"Some\"]: supported values: \"All\""
    )
    #expect(
      message { _ = try WriteOptions(["fieldValidation": "Loose"], for: .create) }
        == "CreateOptions.meta.k8s.io \"\" is invalid: fieldValidation: Unsupported value: \"Loose\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\""
    )
  }

  @Test("delete options, from the query and from the body")
  func delete() throws {
    let query = try DeleteOptions([
      "gracePeriodSeconds": "0", "propagationPolicy": "Foreground", "uid": "u", "resourceVersion": "5", "dryRun": "All",
    ])
    let body = try DeleteOptions([
      "kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0, "propagationPolicy": "Foreground",
      "preconditions": ["uid": "u", "resourceVersion": "5"], "dryRun": ["All"],
    ])
    #expect(query == body)
    #expect(query.gracePeriod == 0)
    #expect(query.propagation == .foreground)
    #expect(query.isDryRun)
    #expect(
      message { _ = try DeleteOptions(["propagationPolicy": "Sideways"] as QueryParameters) }
        == "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: \"Sideways\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\""
    )
    #expect(
      message { _ = try DeleteOptions(["propagationPolicy": "Orphan", "orphanDependents": true] as JSONValue) }
        == "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Invalid value: \"Orphan\": orphanDependents and deletionPropagation cannot be both set"
    )
    #expect(message { _ = try DeleteOptions(["gracePeriodSeconds": "x"] as JSONValue) } != nil)
    #expect(message { _ = try DeleteOptions(["kind": "Pod"] as JSONValue) } != nil)
    #expect(message { _ = try DeleteOptions([1] as JSONValue) } != nil)
  }

  @Test("preconditions")
  func preconditions() throws {
    let object = try StoredObject(bytes: Array(#"{"metadata":{"name":"a","uid":"u"}}"#.utf8), revision: 7)
    let pods = GroupResource("pods")
    var options = DeleteOptions()
    try options.check(object, pods)
    options.uid = "u"
    options.resourceVersion = "7"
    try options.check(object, pods)
    options.resourceVersion = "8"
    #expect(
      message { try options.check(object, pods) }
        == "Operation cannot be fulfilled on pods \"a\": the ResourceVersion in the precondition (8) does not match the ResourceVersion in record (7). The object might have been modified"
    )
    options.uid = "v"
    #expect(
      message { try options.check(object, pods) }
        == "Operation cannot be fulfilled on pods \"a\": the UID in the precondition (v) does not match the UID in record (u). The object might have been deleted and then recreated"
    )
  }
}
