import APIMachinery
import Testing

@testable import ClusterAPI

/// Fields of features that are off are left out, unless the object has them already.
@Suite struct DisabledFeaturesTests {
  private func created(_ json: String) throws -> JSONValue {
    var value = try complete(json)
    builtin.prepareForCreate(&value, kind: try #require(kindOf(value)))
    return value
  }

  private func updated(_ json: String, _ old: JSONValue) throws -> JSONValue {
    var value = try complete(json)
    builtin.prepareForUpdate(&value, old: old, kind: try #require(kindOf(value)))
    return value
  }

  private func pod(_ container: String, _ spec: String = "") -> String {
    #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"n"},"spec":{"containers":[{"name":"c","image":"i"\#(container)}]\#(spec)}}"#
  }

  @Test func fieldsOfPods() throws {
    let signal = pod(#","lifecycle":{"stopSignal":"SIGUSR1"}"#)
    #expect(try created(signal)["spec"]?.items("containers").first?.has("lifecycle") == false)
    let both = pod(#","lifecycle":{"stopSignal":"SIGUSR1","preStop":{"exec":{"command":["a"]}}}"#)
    let lifecycle = try created(both)["spec"]?.items("containers").first?["lifecycle"]
    #expect(lifecycle?.has("preStop") == true && lifecycle?.has("stopSignal") == false)
    let group = try created(pod("", #","schedulingGroup":{"podGroupName":"g"}"#))
    #expect(group["spec"]?.has("schedulingGroup") == false)
    // What is on stays.
    let named = try created(pod("", #","hostnameOverride":"h""#))
    #expect(named["spec"]?["hostnameOverride"] == "h")
    let old = try complete(signal)
    #expect(try updated(signal, old)["spec"]?.items("containers").first?.has("lifecycle") == true)
    #expect(
      try updated(signal, try complete(pod("")))["spec"]?.items("containers").first?.has("lifecycle") == false)
  }

  @Test func fieldsOfTemplates() throws {
    let set = try created(
      #"{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"s","namespace":"n"},"spec":{"serviceName":"s","updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":1,"maxUnavailable":2}},"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i","lifecycle":{"stopSignal":"SIGUSR1"}}]}}}}"#
    )
    let update = set["spec"]?["updateStrategy"]?["rollingUpdate"]
    #expect(update?["partition"] == 1 && update?.has("maxUnavailable") == false)
    #expect(set["spec"]?["template"]?["spec"]?.items("containers").first?.has("lifecycle") == false)
  }

  @Test func sourcesOfClaims() throws {
    func claim(_ sources: String) -> String {
      #"{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"c","namespace":"n"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}},\#(sources)}}"#
    }
    let snapshot = #"{"apiGroup":"snapshot.storage.k8s.io","kind":"VolumeSnapshot","name":"a"}"#
    let other = #"{"apiGroup":"example.com","kind":"Thing","name":"a"}"#
    var spec = try created(claim(#""dataSource":\#(snapshot)"#))["spec"]
    #expect(try spec?["dataSourceRef"] == object(snapshot))
    spec = try created(claim(#""dataSource":\#(other)"#))["spec"]
    #expect(spec?.has("dataSource") == false && spec?.has("dataSourceRef") == false)
    spec = try created(claim(#""dataSourceRef":\#(other)"#))["spec"]
    #expect(try spec?["dataSource"] == object(other))
    let elsewhere = claim(#""dataSourceRef":{"kind":"PersistentVolumeClaim","name":"a","namespace":"m"}"#)
    #expect(try created(elsewhere)["spec"]?.has("dataSourceRef") == false)
    #expect(try updated(elsewhere, complete(elsewhere))["spec"]?.has("dataSourceRef") == true)
  }
}
