import APIMachinery
import ClusterAPI

/// The limits of one LimitRange (`v1`), as far as they are enforced.
struct LimitRange: Sendable {
  /// What one kind of thing is held to.
  struct Item: Sendable {
    let type: String
    let minimum, maximum, ratio, defaultLimits, defaultRequests: ResourceAmounts

    init(_ item: JSONValue) {
      type = item["type"]?.stringValue ?? ""
      minimum = ResourceAmounts(json: item["min"])
      maximum = ResourceAmounts(json: item["max"])
      ratio = ResourceAmounts(json: item["maxLimitRequestRatio"])
      defaultLimits = ResourceAmounts(json: item["default"])
      defaultRequests = ResourceAmounts(json: item["defaultRequest"])
    }
  }

  let items: [Item]

  init(_ spec: JSONValue?) { items = (spec?["limits"]?.arrayValue ?? []).map(Item.init) }

  /// What something asks for and may use.
  struct Demand: Equatable {
    var requests: ResourceAmounts
    var limits: ResourceAmounts

    init(requests: ResourceAmounts, limits: ResourceAmounts) {
      self.requests = requests
      self.limits = limits
    }

    init(_ resources: JSONValue?) {
      self.init(
        requests: ResourceAmounts(json: resources?["requests"]), limits: ResourceAmounts(json: resources?["limits"]))
    }

    /// Whether a resource is as it was.
    func isSame(_ name: String, as old: Demand?) -> Bool {
      guard let old else { return false }
      return requests[name] == old.requests[name] && limits[name] == old.limits[name]
    }
  }
}

extension LimitRange.Item {
  /// What a demand violates, in upstream's words.
  /// - Parameter old: what was demanded before: what is as it was is not judged again.
  func violations(_ demand: LimitRange.Demand, old: LimitRange.Demand?) -> [String] {
    var found: [String] = []
    func check(_ bounds: ResourceAmounts, _ rule: (String, Quantity) -> String?) {
      for name in bounds.names where !demand.isSame(name, as: old) {
        if let bound = bounds[name], let problem = rule(name, bound) { found.append(problem) }
      }
    }
    check(minimum) { name, bound in
      let start = "minimum \(name) usage per \(type) is \(bound)"
      guard let request = demand.requests[name] else { return start + ".  No request is specified" }
      if request < bound { return start + ", but request is \(request)" }
      if let limit = demand.limits[name], limit < bound { return start + ", but limit is \(limit)" }
      return nil
    }
    check(maximum) { name, bound in
      let start = "maximum \(name) usage per \(type) is \(bound)"
      guard let limit = demand.limits[name] else { return start + ".  No limit is specified" }
      if limit > bound { return start + ", but limit is \(limit)" }
      if let request = demand.requests[name], request > bound { return start + ", but request is \(request)" }
      return nil
    }
    check(ratio) { name, bound in
      let start = "\(name) max limit to request ratio per \(type) is \(bound)"
      guard let request = demand.requests[name], !request.isZero else {
        return start + ", but no request is specified or request is 0"
      }
      guard let limit = demand.limits[name], !limit.isZero else {
        return start + ", but no limit is specified or limit is 0"
      }
      let observed = limit.approximateDouble / request.approximateDouble
      return observed > bound.approximateDouble
        ? start + ", but provided ratio is \(Self.sixDecimals(observed))" : nil
    }
    return found
  }

  /// What a claim of a volume violates: only what it asks for counts.
  func violations(ofClaim requests: ResourceAmounts, old: ResourceAmounts?) -> [String] {
    var found: [String] = []
    for (word, bounds) in [("minimum", minimum), ("maximum", maximum)] {
      for name in bounds.names {
        guard let bound = bounds[name] else { continue }
        let start = "\(word) \(name) usage per \(type) is \(bound)"
        guard let request = requests[name] else {
          found.append(start + ".  No request is specified")
          continue
        }
        if let old, old[name] == request { continue }
        if word == "minimum" ? request < bound : request > bound { found.append(start + ", but request is \(request)") }
      }
    }
    return found
  }

  /// As C's `%f` prints it.
  private static func sixDecimals(_ number: Double) -> String {
    let millionths = (number * 1e6).rounded(.toNearestOrEven)
    guard millionths < 9e18 else { return "\(number)" }
    let digits = String(Int64(millionths))
    let padded = String(repeating: "0", count: max(0, 7 - digits.count)) + digits
    return "\(padded.dropLast(6)).\(padded.suffix(6))"
  }
}
