import Testing

@testable import APIServer

@Suite struct StorageVersionHashTests {
  /// As kube-apiserver serves them.
  @Test(arguments: [
    ("", "v1", "Pod", "xPOwRZ+Yhw8="), ("", "v1", "Event", "r2yiGXH7wu8="),
    ("apps", "v1", "Deployment", "8aSe+NMegvE="),
    ("apiregistration.k8s.io", "v1", "APIService", "InPBPD7+PqM="),
    ("autoscaling", "v2", "HorizontalPodAutoscaler", "qwQve8ut294="),
  ])
  func known(_ group: String, _ version: String, _ kind: String, _ hash: String) {
    #expect(StorageVersionHash.of(group, version, kind) == hash)
  }
}
