import APIMachinery
import Testing

@testable import APIServer

@Suite struct AdmissionConfigurationTests {
  private static let head = "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\n"
  private static let podSecurity =
    "apiVersion: pod-security.admission.config.k8s.io/v1\nkind: PodSecurityConfiguration\n"

  private func read(_ body: String, file: String = "") throws -> AdmissionConfiguration {
    try AdmissionConfiguration(Array((Self.head + body).utf8)) { _ in Array(file.utf8) }
  }

  private func podSecurity(_ body: String) throws -> PodSecurityConfiguration {
    try read("plugins: [{name: PodSecurity, path: x}]", file: Self.podSecurity + body).podSecurity
  }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return ""
    } catch { return (error as? StatusError)?.message ?? "\(error)" }
  }

  @Test func defaultsAndExemptions() throws {
    let told = try podSecurity(
      """
      defaults: {enforce: baseline, enforce-version: v1.20, warn: restricted}
      exemptions: {usernames: [ann], namespaces: [kube-system], runtimeClasses: [gvisor]}
      """)
    #expect(
      "\(told.defaults.enforce) \(told.defaults.audit) \(told.defaults.warn)"
        == "baseline:v1.20 privileged:latest restricted:latest")
    #expect(told.usernames == ["ann"] && told.namespaces == ["kube-system"])
    #expect(
      told.isExempt(["runtimeClassName": "gvisor"]) && !told.isExempt(["runtimeClassName": "kata"])
        && !told.isExempt([:]))
    #expect(try podSecurity("").defaults == PodSecurityPolicy())
  }

  @Test func aConfigurationMayStandInTheFile() throws {
    let told = try read(
      """
      plugins:
      - name: PodSecurity
        configuration:
          apiVersion: pod-security.admission.config.k8s.io/v1
          kind: PodSecurityConfiguration
          defaults: {audit: restricted}
      - name: ResourceQuota
        configuration:
          apiVersion: apiserver.config.k8s.io/v1
          kind: ResourceQuotaConfiguration
          limitedResources: [{resource: pods, matchContains: [cpu]}]
      """)
    #expect(told.podSecurity.defaults.audit.level == .restricted)
    #expect(!told.quota.isEmpty)
  }

  @Test(arguments: [
    (
      "defaults: {enforce: strict}",
      #"defaults.enforce: Invalid value: "strict": must be one of privileged, baseline, restricted"#
    ),
    ("defaults: {warn-version: '1.20'}", #"defaults.warn-version: Invalid value: "1.20": must be "latest" or "v1.x""#),
    ("exemptions: {namespaces: [A]}", #"exemptions.namespaces[0]: Invalid value: "A""#),
    ("exemptions: {namespaces: [a, a]}", #"exemptions.namespaces[1]: Duplicate value: "a""#),
    ("exemptions: {runtimeClasses: ['a_b']}", #"exemptions.runtimeClasses[0]: Invalid value: "a_b""#),
    ("exemptions: {usernames: ['']}", "exemptions.usernames[0]: Required value"),
    ("exemption: {}", #"unknown field "exemption""#),
    ("defaults: []", "json: cannot unmarshal array into Go struct field PodSecurityConfiguration.defaults"),
  ])
  func whatIsWrongIsNamed(body: String, words: String) {
    let text = message { _ = try podSecurity(body) }
    #expect(text.hasPrefix(#"the configuration of the plugin "PodSecurity": "#) && text.contains(words), "\(text)")
  }

  @Test(arguments: [
    ("plugins: [{name: AlwaysPullImages, path: x}]", "there is no such plugin that can be told anything"),
    ("plugins: [{name: PodSecurity}, {name: PodSecurity}]", "stands twice"),
    ("plugins: [{name: PodSecurity, path: x}]", "it must be an object of kind PodSecurityConfiguration"),
    ("plugin: []", #"unknown field "plugin""#),
    (
      "plugins: [{name: MutatingAdmissionWebhook, configuration: {apiVersion: apiserver.config.k8s.io/v1, kind: WebhookAdmissionConfiguration, kubeConfigFile: x}}]",
      #"kubeConfigFile: Invalid value: "x": must be an absolute file path"#
    ),
    (
      "plugins: [{name: ValidatingAdmissionWebhook, configuration: {apiVersion: apiserver.config.k8s.io/v1, kind: WebhookAdmissionConfiguration, staticManifestsDir: /x}}]",
      "staticManifestsDir: Forbidden: staticManifestsDir requires the ManifestBasedAdmissionControlConfig feature gate"
    ),
    (
      "plugins: [{name: ResourceQuota, configuration: {apiVersion: apiserver.config.k8s.io/v1, kind: ResourceQuotaConfiguration, limitedResources: [{}]}}]",
      "limitedResources[0].resource: Required value"
    ),
    (
      "plugins: [{name: ResourceQuota, configuration: {apiVersion: apiserver.config.k8s.io/v1, kind: ResourceQuotaConfiguration, limitedResources: [{resource: pods, matchScopes: [{operator: Has}]}]}}]",
      #"limitedResources[0].matchScopes[0].operator: Unsupported value: "Has""#
    ),
  ])
  func filesThatCannotBeUsed(body: String, words: String) {
    let text = message { _ = try read(body) }
    #expect(text.contains(words), "\(text)")
  }

  /// The older name of the kind is that of another group.
  @Test func groups() throws {
    func read(_ place: String) throws {
      let text = "apiVersion: \(place)\nkind: AdmissionConfiguration\nplugins: []\n"
      _ = try AdmissionConfiguration(Array(text.utf8)) { _ in [] }
    }
    try read("apiserver.config.k8s.io/v1")
    try read("apiserver.k8s.io/v1alpha1")
    for place in ["apiserver.config.k8s.io/v1alpha1", "apiserver.k8s.io/v1"] {
      let text = message { try read(place) }
      #expect(text.hasPrefix(#"no kind "AdmissionConfiguration" is registered for version "\#(place)""#), "\(text)")
    }
  }
}
