import APIMachinery
import Testing

@testable import APIServer

/// What is wrong with a file is named, field by field; what is right says which resources it is about.
@Suite struct EncryptionConfigurationTests {
  private static let secret = Base64.encode([UInt8](repeating: 7, count: 32))
  private static let provider = #"{aesgcm: {keys: [{name: a, secret: "\#(secret)"}]}}"#

  private func read(_ body: String) throws -> EncryptionConfiguration {
    try EncryptionConfiguration(
      Array("apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n\(body)".utf8))
  }

  private func message(_ body: String) -> String {
    do {
      _ = try read(body)
      return ""
    } catch { return (error as? StatusError)?.message ?? "\(error)" }
  }

  private func entry(_ resources: String, _ provider: String = provider) -> String {
    "resources: [{resources: [\(resources)], providers: [\(provider)]}]"
  }

  @Test(arguments: [
    ("", "resources: Required value: at least one resources is required"),
    ("resources: [{}]", "resources[0].resources: Required value: at least one resources[0].resources is required"),
    ("resources: [{}]", "resources[0].providers: Required value: at least one resources[0].providers is required"),
    ("resources: [{other: 1}]", #"unknown field "resources[0].other""#),
  ])
  func whatIsMissing(_ body: String, _ words: String) { #expect(message(body).contains(words), "\(message(body))") }

  @Test(arguments: [
    (
      "secrets, Pods",
      #"resources[0].resources[1]: Invalid value: "Pods": resource name should not contain capital letters"#
    ),
    (#""*""#, "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources"),
    ("serviceipallocations", "resources which do not have REST API/s cannot be encrypted"),
    ("events.events.k8s.io", "objects are stored using the 'events' API group in etcd. Use 'events' instead"),
    ("a.extensions", "'extensions' group has been removed and cannot be used for encryption"),
    (#""secrets.*""#, "encrypting the same resource across groups is not supported"),
    ("secrets, secrets", "the same resource cannot be specified multiple times"),
    (#"secrets, "*.""#, "using overlapping resources such as 'secrets' and '*.' in the same resource list"),
    (#""*.*", a.apps"#, "using overlapping resources"),
  ])
  func resourcesThatCannotBe(_ resources: String, _ words: String) {
    let message = message(entry(resources))
    #expect(message.contains(words), "\(message)")
  }

  @Test(arguments: [
    (
      "{}",
      "Invalid value: {}: provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity"
    ),
    ("{aesgcm: {keys: []}}", "resources[0].providers[0].aesgcm.keys: Required value: at least one keys is required"),
    (
      "{aescbc: {keys: [{}]}}",
      "resources[0].providers[0].aescbc.keys[0].name: Required value: name is a mandatory field for a key"
    ),
    (
      "{aescbc: {keys: [{}]}}",
      "resources[0].providers[0].aescbc.keys[0].secret: Required value: secret is a mandatory field for a key"
    ),
    (
      #"{aescbc: {keys: [{name: a, secret: "?"}]}}"#,
      #"secret: Invalid value: "REDACTED": secrets must be base64 encoded"#
    ),
    (
      #"{aescbc: {keys: [{name: a, secret: "YQ=="}]}}"#,
      "secret is not of the expected length, got 1, expected one of [16 24 32]"
    ),
    (
      #"{secretbox: {keys: [{name: a, secret: "YQ=="}]}}"#,
      "secret is not of the expected length, got 1, expected one of [32]"
    ),
    (
      "{identity: {}, aesgcm: {keys: []}}",
      "more than one provider specified in a single element, should split into different list elements"
    ),
    (
      "{kms: {apiVersion: v2}}",
      "resources[0].providers[0].kms.name: Required value: name is a mandatory field for a provider"
    ),
    ("{kms: {apiVersion: v2, name: 'a:b'}}", "invalid KMS provider name a:b, must not contain ':'"),
    ("{kms: {apiVersion: v2, name: a}}", #"kms.endpoint: Invalid value: "": endpoint is a mandatory field for a kms"#),
    (
      "{kms: {apiVersion: v2, name: a, endpoint: 'http://a'}}",
      #"unsupported scheme "http" for KMS provider, only unix is supported"#
    ),
    ("{kms: {apiVersion: v2, name: a, endpoint: 'unix:///a', timeout: 0s}}", "timeout should be a positive value"),
    ("{kms: {apiVersion: v2, name: a, endpoint: 'unix:///a', cachesize: 1}}", "cachesize is not supported in v2"),
    ("{kms: {apiVersion: v3, name: a, endpoint: 'unix:///a'}}", "only v1 and v2 are supported"),
    ("{kms: {name: a, endpoint: 'unix:///a'}}", "KMSv1 is deprecated"),
  ])
  func providersThatCannotBe(_ provider: String, _ words: String) {
    let message = message(entry("secrets", provider))
    #expect(message.contains(words), "\(message)")
    #expect(!message.contains("YQ=="), "a secret is not told")
  }

  @Test func earlierEntriesMaskLaterOnes() {
    func entries(_ one: String, _ two: String) -> String {
      "resources: ["
        + [one, two].map { "{resources: ['\($0)'], providers: [\(Self.provider)]}" }.joined(separator: ", ") + "]"
    }
    #expect(message(entries("*.", "secrets")) == #"resource "secrets" is masked by earlier rule "*.""#)
    #expect(message(entries("*.apps", "deployments.apps")).hasSuffix(#"is masked by earlier rule "*.apps""#))
    #expect(message(entries("*.*", "*.apps")) == #"resource "*.apps" is masked by earlier rule "*.*""#)
    #expect(message(entries("secrets", "*.")) == "")
    #expect(message(entries("secrets", "secrets")) == "")
  }

  @Test func pluginsAreReached() throws {
    let text = """
      {apiVersion: apiserver.config.k8s.io/v1, kind: EncryptionConfiguration, resources: [{resources: [secrets], providers: [
        {kms: {apiVersion: v2, name: one, endpoint: "unix:///run/one.sock"}},
        {kms: {apiVersion: v2, name: two, endpoint: "unix:///run/two.sock", timeout: 1m30s}}, {identity: {}}]}]}
      """
    var reached: [String] = []
    let configuration = try EncryptionConfiguration(Array(text.utf8)) { path, timeout in
      reached.append("\(path) \(timeout)")
      return KMSPlugin(path: path, timeout: timeout)
    }
    #expect(reached == ["/run/one.sock 3.0 seconds", "/run/two.sock 90.0 seconds"])
    #expect(configuration.plugins.map(\.name) == ["one", "two"])
  }

  @Test func whichResourcesItIsAbout() throws {
    func covers(_ resources: String, _ group: String, _ resource: String) throws -> Bool {
      try read(entry(resources)).transformers(for: GroupResource(group: group, resource: resource)) != nil
    }
    #expect(try covers("secrets", "", "secrets") && !covers("secrets", "", "configmaps"))
    #expect(try covers("pandas.awesome.bears.example.com", "awesome.bears.example.com", "pandas"))
    #expect(try covers("'*.'", "", "configmaps") && !covers("'*.'", "apps", "deployments"))
    #expect(try covers("'*.apps'", "apps", "deployments") && !covers("'*.apps'", "", "secrets"))
    #expect(try covers("'*.*'", "example.com", "widgets"))
  }
}
