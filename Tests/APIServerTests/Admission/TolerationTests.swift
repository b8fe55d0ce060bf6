import APIMachinery
import Testing

@testable import APIServer

@Suite struct TolerationTests {
  private static let everything: JSONValue = ["operator": "Exists"]
  private static let anyA: JSONValue = ["key": "a", "operator": "Exists"]
  private static let one: JSONValue = ["key": "a", "value": "1", "effect": "NoSchedule"]
  private static func evicted(_ seconds: Int64?) -> JSONValue {
    var toleration: JSONObject = ["key": "a", "operator": "Exists", "effect": "NoExecute"]
    if let seconds { toleration["tolerationSeconds"] = .integer(seconds) }
    return .object(toleration)
  }

  @Test func covering() {
    #expect(Tolerations.covers(Self.everything, Self.anyA) && !Tolerations.covers(Self.anyA, Self.everything))
    #expect(Tolerations.covers(Self.anyA, Self.one) && !Tolerations.covers(Self.one, Self.anyA))
    #expect(!Tolerations.covers(Self.one, ["key": "a", "value": "2", "effect": "NoSchedule"]))
    #expect(Tolerations.covers(["key": "a", "operator": "Equal", "value": "1"], Self.one))
    #expect(
      Tolerations.covers(Self.evicted(10), Self.evicted(5)) && !Tolerations.covers(Self.evicted(5), Self.evicted(10)))
    #expect(
      Tolerations.covers(Self.evicted(nil), Self.evicted(5)) && !Tolerations.covers(Self.evicted(5), Self.evicted(nil)))
  }

  @Test func merging() {
    #expect(Tolerations.merged([Self.one], [Self.anyA]) == [Self.anyA])
    #expect(Tolerations.merged([Self.one, Self.one], []) == [Self.one])
    #expect(Tolerations.merged([Self.evicted(5)], [Self.one]) == [Self.evicted(5), Self.one])
  }
}
