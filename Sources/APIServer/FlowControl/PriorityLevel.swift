import APIMachinery

/// A level of requests with seats of its own (`flowcontrol.apiserver.k8s.io/v1` PriorityLevelConfiguration), read once
/// for each state of the object.
final class PriorityLevel: Sendable {
  /// How requests wait for a seat.
  struct Queuing: Sendable, Equatable {
    var queues: Int
    var handSize: Int
    var lengthLimit: Int
  }

  static let exemptName = "exempt"
  static let catchAllName = "catch-all"

  let name: String
  /// Empty while the object is not stored.
  let uid: String
  /// Its requests never wait and take no seat.
  let isExempt: Bool
  let shares: Int
  /// The part of its seats that others may borrow, in percent.
  let lendablePercent: Int
  /// How many seats it may borrow, in percent of its own; nil: as many as there are.
  let borrowingLimitPercent: Int?
  /// Nil: a request for which there is no seat is refused.
  let queuing: Queuing?

  init(_ object: JSONObject) {
    name = object.objectName
    uid = object.metadataText("uid")
    let spec = object["spec"]
    isExempt = spec?["type"]?.stringValue == "Exempt"
    let settings = isExempt ? spec?["exempt"] : spec?["limited"]
    func number(_ value: JSONValue?) -> Int? { value?.integerValue.map { Int(clamping: max(0, $0)) } }
    shares = number(settings?["nominalConcurrencyShares"]) ?? (isExempt ? 0 : 30)
    lendablePercent = min(100, number(settings?["lendablePercent"]) ?? 0)
    borrowingLimitPercent = isExempt ? nil : number(settings?["borrowingLimitPercent"])
    let response = isExempt ? nil : settings?["limitResponse"]
    if response?["type"]?.stringValue == "Queue" {
      let queuing = response?["queuing"]
      let queues = max(1, number(queuing?["queues"]) ?? 64)
      self.queuing = Queuing(
        queues: queues, handSize: min(queues, max(1, number(queuing?["handSize"]) ?? 8)),
        lengthLimit: max(1, number(queuing?["queueLengthLimit"]) ?? 50))
    } else {
      queuing = nil
    }
  }
}
