import APIMachinery
import Testing

@testable import APIServer

@Suite struct LimitRangerTests {
  private func pod(_ requests: JSONObject, _ limits: JSONObject) -> JSONObject {
    let resources: JSONValue = ["requests": .object(requests), "limits": .object(limits)]
    return ["spec": ["containers": [["name": "c", "resources": resources]]]]
  }

  private func range(_ type: String, _ members: JSONObject) -> LimitRange {
    var item = members
    item["type"] = .string(type)
    return LimitRange(["limits": [.object(item)]])
  }

  @Test func fillsInWhatIsMissing() throws {
    let range = range("Container", ["default": ["cpu": "2", "memory": "1Gi"], "defaultRequest": ["cpu": "1"]])
    let filled = try #require(LimitRanger.filledIn(pod([:], ["cpu": "3"]), by: range))
    let resources = filled["spec"]?["containers"]?.arrayValue?[0]["resources"]
    #expect(resources == ["requests": ["cpu": "1"], "limits": ["cpu": "3", "memory": "1Gi"]])
    #expect(
      filled["metadata"]?["annotations"]?["kubernetes.io/limit-ranger"]
        == "LimitRanger plugin set: cpu request for container c; memory limit for container c")
    #expect(LimitRanger.filledIn(filled, by: range) == nil)
    #expect(LimitRanger.filledIn(pod([:], [:]), by: self.range("Pod", ["default": ["cpu": "1"]])) == nil)
  }

  @Test(
    arguments: [
      ("min", "2", "1", "3", "minimum cpu usage per Container is 2, but request is 1"),
      ("min", "2", "3", "1", "minimum cpu usage per Container is 2, but limit is 1"),
      ("min", "2", nil, "3", "minimum cpu usage per Container is 2.  No request is specified"),
      ("min", "2", "2", "2", nil),
      ("max", "2", "1", "3", "maximum cpu usage per Container is 2, but limit is 3"),
      ("max", "2", "3", "2", "maximum cpu usage per Container is 2, but request is 3"),
      ("max", "2", "1", nil, "maximum cpu usage per Container is 2.  No limit is specified"),
      ("max", "2", "2", "2", nil),
      (
        "maxLimitRequestRatio", "2", "300m", "1",
        "cpu max limit to request ratio per Container is 2, but provided ratio is 3.333333"
      ),
      ("maxLimitRequestRatio", "1500m", "2", "3", nil),
      (
        "maxLimitRequestRatio", "2", "0", "1",
        "cpu max limit to request ratio per Container is 2, but no request is specified or request is 0"
      ),
      (
        "maxLimitRequestRatio", "2", "1", nil,
        "cpu max limit to request ratio per Container is 2, but no limit is specified or limit is 0"
      ),
    ] as [(String, String, String?, String?, String?)])
  func bounds(_ rule: String, _ bound: String, _ request: String?, _ limit: String?, _ expected: String?) {
    let range = range("Container", [rule: ["cpu": .string(bound)]])
    let pod = pod(request.map { ["cpu": .string($0)] } ?? [:], limit.map { ["cpu": .string($0)] } ?? [:])
    #expect(LimitRanger.violations(ofPod: pod, old: nil, range) == (expected.map { [$0] } ?? []))
    // What is as it was is not judged again.
    #expect(LimitRanger.violations(ofPod: pod, old: pod, range).isEmpty)
  }

  @Test func podsAreSummed() {
    let range = range("Pod", ["max": ["memory": "1Gi"]])
    var large = pod([:], ["memory": "600Mi"])
    let container = large["spec"]?["containers"]?.arrayValue?[0] ?? [:]
    large["spec"] = ["containers": [container, container]]
    #expect(
      LimitRanger.violations(ofPod: large, old: nil, range)
        == ["maximum memory usage per Pod is 1Gi, but limit is 1200Mi"])
  }

  @Test func claims() {
    let range = range("PersistentVolumeClaim", ["min": ["storage": "1Gi"], "max": ["storage": "2Gi"]])
    func claim(_ storage: String) -> JSONObject {
      ["spec": ["resources": ["requests": ["storage": .string(storage)]]]]
    }
    #expect(LimitRanger.violations(ofClaim: claim("2Gi"), old: nil, range).isEmpty)
    #expect(
      LimitRanger.violations(ofClaim: claim("3Gi"), old: nil, range)
        == ["maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi"])
    #expect(LimitRanger.violations(ofClaim: claim("3Gi"), old: claim("3Gi"), range).isEmpty)
    #expect(
      LimitRanger.violations(ofClaim: ["spec": [:]], old: nil, range).first
        == "minimum storage usage per PersistentVolumeClaim is 1Gi.  No request is specified")
  }
}
