import APIMachinery
import Testing

@testable import Controllers

@Suite struct ClaimProtectionTests {
  private func pod(_ volumes: [JSONValue], node: String = "n", phase: String = "Running") -> StoredObject {
    StoredObject([
      "kind": "Pod", "apiVersion": "v1", "metadata": ["name": "p", "uid": "pod-uid"],
      "spec": ["nodeName": .string(node), "volumes": .array(volumes)], "status": ["phase": .string(phase)],
    ])
  }

  private func claim(_ name: String, controller: String? = nil) -> StoredObject {
    var metadata: JSONObject = ["name": .string(name)]
    if let controller {
      metadata["ownerReferences"] = [["uid": .string(controller), "controller": true, "name": "p"]]
    }
    return StoredObject(["kind": "PersistentVolumeClaim", "apiVersion": "v1", "metadata": .object(metadata)])
  }

  @Test func uses() {
    let volume: JSONValue = ["name": "v", "persistentVolumeClaim": ["claimName": "c"]]
    #expect(ClaimProtectionController.uses(pod([volume]), claim("c")))
    #expect(!ClaimProtectionController.uses(pod([volume]), claim("d")))
    // It has not been given a node: it will not get one for a claim that is going.
    #expect(!ClaimProtectionController.uses(pod([volume], node: ""), claim("c")))
    // One that has ended holds what it names until it is removed.
    #expect(ClaimProtectionController.uses(pod([volume], phase: "Succeeded"), claim("c")))
  }

  @Test func ephemeralVolumes() {
    let volume: JSONValue = ["name": "v", "ephemeral": [:]]
    #expect(ClaimProtectionController.claimNames(of: pod([volume])) == ["p-v"])
    #expect(ClaimProtectionController.uses(pod([volume]), claim("p-v", controller: "pod-uid")))
    #expect(!ClaimProtectionController.uses(pod([volume]), claim("p-v", controller: "other")))
    #expect(!ClaimProtectionController.uses(pod([volume], phase: "Failed"), claim("p-v", controller: "pod-uid")))
  }
}
