import APIMachinery
import Testing

@testable import Controllers

@Suite struct NamespaceConditionsTests {
  @Test func whatIsWellSaysSo() {
    var conditions = NamespaceConditions([])
    conditions.put(.discoveryFailure, nil)
    conditions.put(.contentRemaining, "Some resources are remaining: pods. has 1 resource instances")
    #expect(conditions.json.map { $0["status"] } == ["False", "True"])
    #expect(conditions.json.map { $0["reason"] } == ["ResourcesDiscovered", "SomeResourcesRemain"])
  }

  @Test func theTimeIsThatOfTheLastTurn() {
    let old: JSONValue = [
      "type": "NamespaceContentRemaining", "status": "True", "lastTransitionTime": "2020-01-02T03:04:05Z",
    ]
    var conditions = NamespaceConditions([old])
    conditions.put(.contentRemaining, "still")
    #expect(conditions.json.count == 1)
    #expect(
      conditions.json[0]["lastTransitionTime"] == "2020-01-02T03:04:05Z" && conditions.json[0]["message"] == "still")
    conditions.put(.contentRemaining, nil)
    #expect(conditions.json[0]["status"] == "False" && conditions.json[0]["reason"] == "ContentRemoved")
    #expect(conditions.json[0]["lastTransitionTime"] != "2020-01-02T03:04:05Z")
  }
}
