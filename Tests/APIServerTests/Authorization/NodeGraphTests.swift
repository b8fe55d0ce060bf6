import APIMachinery
import Testing

@testable import APIServer

@Suite struct NodeGraphTests {
  private func stored(_ keys: String, _ object: JSONObject) throws -> CachedObject {
    let namespace = object.objectNamespace
    let key = "/registry/\(keys)/" + (namespace.isEmpty ? "" : namespace + "/") + object.objectName
    return CachedObject(key: key, StoredObject(object, revision: 1))
  }

  private func pod(_ name: String, _ node: String?, _ spec: JSONObject = [:], mirror: Bool = false) throws
    -> CachedObject
  {
    var metadata: JSONObject = ["name": .string(name), "namespace": "ns"]
    if mirror { metadata["annotations"] = ["kubernetes.io/config.mirror": "x"] }
    var spec = spec
    if let node { spec["nodeName"] = .string(node) }
    return try stored(
      "pods", ["kind": "Pod", "apiVersion": "v1", "metadata": .object(metadata), "spec": .object(spec)])
  }

  private func secret(_ name: String) -> JSONObject {
    ["volumes": [["name": "v", "secret": ["secretName": .string(name)]]], "serviceAccountName": "sa"]
  }

  @Test func podsComeAndGo() throws {
    var graph = NodeGraph()
    func reaches(_ node: String) -> Bool { graph.reaches(node, .secret, namespace: "ns", name: "s") }
    let (one, two) = (try pod("one", "a", secret("s")), try pod("two", "a", secret("s")))
    graph.set(pod: one, key: one.key)
    graph.set(pod: two, key: two.key)
    #expect(reaches("a") && !reaches("b"))
    #expect(graph.reaches("a", .serviceAccount, namespace: "ns", name: "sa"))
    #expect(!graph.reaches("a", .secret, namespace: "other", name: "s"))
    #expect(!graph.reaches("a", .configMap, namespace: "ns", name: "s"))
    #expect(graph.reaches("a", pod: one.key) && !graph.reaches("b", pod: one.key))
    graph.set(pod: nil, key: one.key)
    #expect(reaches("a"))
    // The same again tells nothing new.
    graph.set(pod: two, key: two.key)
    graph.set(pod: nil, key: two.key)
    #expect(!reaches("a") && !graph.reaches("a", .serviceAccount, namespace: "ns", name: "sa"))
  }

  @Test func podsWithoutANodeAndMirrors() throws {
    var graph = NodeGraph()
    let (waiting, mirror) = (try pod("one", nil, secret("s")), try pod("two", "a", secret("s"), mirror: true))
    graph.set(pod: waiting, key: waiting.key)
    graph.set(pod: mirror, key: mirror.key)
    #expect(!graph.reaches("a", .secret, namespace: "ns", name: "s"))
    #expect(graph.reaches("a", pod: mirror.key))
    let bound = try pod("one", "a", secret("s"))
    graph.set(pod: bound, key: bound.key)
    #expect(graph.reaches("a", .secret, namespace: "ns", name: "s"))
  }

  @Test func volumes() throws {
    var graph = NodeGraph()
    let volume = try stored(
      "persistentvolumes",
      [
        "kind": "PersistentVolume", "apiVersion": "v1", "metadata": ["name": "pv"],
        "spec": [
          "claimRef": ["namespace": "ns", "name": "claim"],
          "csi": [
            "driver": "d", "nodePublishSecretRef": ["name": "mount", "namespace": "secrets"],
            "controllerPublishSecretRef": ["name": "control", "namespace": "secrets"],
          ],
        ],
      ])
    graph.set(volume: volume, name: "pv")
    func state() -> [Bool] {
      [
        graph.reaches("a", .claim, namespace: "ns", name: "claim"), graph.reaches("a", volume: "pv"),
        graph.reaches("a", .secret, namespace: "secrets", name: "mount"),
      ]
    }
    #expect(state() == [false, false, false])
    let user = try pod("p", "a", ["volumes": [["name": "v", "persistentVolumeClaim": ["claimName": "claim"]]]])
    graph.set(pod: user, key: user.key)
    #expect(state() == [true, true, true])
    #expect(!graph.reaches("a", .secret, namespace: "secrets", name: "control"))
    #expect(!graph.reaches("b", volume: "pv"))
    graph.set(volume: nil, name: "pv")
    #expect(state() == [true, false, false])
  }

  @Test func everythingThatAPodNames() {
    let named = PodReferences([
      "metadata": ["name": "p"],
      "spec": [
        "imagePullSecrets": [["name": "pull"]],
        "initContainers": [["env": [["valueFrom": ["secretKeyRef": ["name": "key", "key": "k"]]]]]],
        "ephemeralContainers": [["envFrom": [["configMapRef": ["name": "all"]]]]],
        "volumes": [
          ["name": "t", "ephemeral": [:]], ["name": "f", "azureFile": ["secretName": "azure"]],
          ["name": "r", "rbd": ["secretRef": ["name": "rbd"]]],
          ["name": "o", "cinder": ["secretRef": ["name": "cinder"]]],
          ["name": "c", "csi": ["nodePublishSecretRef": ["name": "csi"]]],
          [
            "name": "p", "projected": ["sources": [["configMap": ["name": "projected"]], ["clusterTrustBundle": [:]]]],
          ],
        ],
        "resourceClaims": [
          ["name": "a", "resourceClaimName": "direct"], ["name": "b", "resourceClaimTemplateName": "t"],
        ],
      ],
      "status": ["resourceClaimStatuses": [["name": "b", "resourceClaimName": "made"]]],
    ])
    #expect(named.secrets == ["pull", "key", "azure", "rbd", "cinder", "csi"])
    #expect(named.configMaps == ["all", "projected"])
    #expect(named.claims == ["p-t"])
    #expect(named.resourceClaims == ["direct", "made"])
  }

  @Test func labels() {
    let new = [
      "mine": "1", "kubernetes.io/os": "linux", "kubelet.kubernetes.io/x": "1", "a.node.kubernetes.io/x": "1",
      "example.com/x": "1", "kubernetes.io/other": "1", "x.k8s.io/y": "1", "a.node-restriction.kubernetes.io/z": "1",
    ]
    #expect(
      NodeLabels.forbidden(new, old: [:])
        == ["a.node-restriction.kubernetes.io/z", "kubernetes.io/other", "x.k8s.io/y"])
    #expect(NodeLabels.forbidden(new, old: new).isEmpty)
    #expect(NodeLabels.forbidden([:], old: ["kubernetes.io/other": "1"]) == ["kubernetes.io/other"])
  }
}
