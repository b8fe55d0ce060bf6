import APIMachinery
import Testing

@testable import APIServer

@Suite struct EventRateLimitTests {
  private static func limits(_ limits: JSONValue) throws(StatusError) -> EventRateLimitConfiguration {
    try EventRateLimitConfiguration([
      "apiVersion": "eventratelimit.admission.k8s.io/v1alpha1", "kind": "Configuration", "limits": limits,
    ])
  }

  @Test("a bucket fills with time, and never above its burst")
  func buckets() throws {
    let limit = try #require(
      try Self.limits([["type": "User", "qps": 2, "burst": 3]]).limits.first)
    #expect(limit.size == 4096 && limit.scope == .user)
    let start = ContinuousClock.now
    var bucket = EventRateLimit.Bucket(limit, at: start)
    func takes(_ seconds: Double) -> Bool { bucket.take(limit, at: start + .seconds(seconds)) }
    #expect(takes(0) && takes(0) && takes(0) && !takes(0))
    #expect(!takes(0.25) && takes(0.5) && !takes(0.5))
    #expect(takes(100) && takes(100) && takes(100) && !takes(100))
  }

  @Test(
    arguments: [
      ([], "limits: Invalid value: []: must not be empty"),
      ([["type": "User", "qps": 0, "burst": 1]], "limits[0].qps: Invalid value: 0: must be positive"),
      (
        [["type": "Nobody", "qps": 1, "burst": 1]],
        "limits[0].type: Unsupported value: \"Nobody\": supported values: \"Namespace\", \"Server\", \"SourceAndObject\", \"User\""
      ),
      (
        [["type": "User", "qps": 1, "burst": 1, "cacheSize": -1]],
        "limits[0].cacheSize: Invalid value: -1: must not be negative"
      ),
    ] as [(JSONValue, String)])
  func mistakes(_ limits: JSONValue, _ words: String) throws {
    let error = try #require(throws: StatusError.self) { try Self.limits(limits) }
    #expect(error.message.contains(words))
  }
}
