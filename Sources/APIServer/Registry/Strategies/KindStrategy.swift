import APIMachinery
import ClusterAPI

/// What the server does with objects of one kind beyond what it does with those of all kinds: the steps that know who asks,
/// what else is stored, or what the server runs by itself (kube-apiserver's strategies).
///
/// What an object alone tells is prepared and judged in `ClusterAPI`; a strategy adds to that, and does nothing unless its
/// kind says so.
protocol KindStrategy: Sendable {
  /// Puts down what the server alone says of a new object, once admission has changed it and its defaults are filled in.
  func settle(_ new: inout JSONObject, for user: User)

  /// - Returns: what is wrong beyond the rules of `ClusterAPI`.
  func violations(
    _ new: JSONObject, old: JSONObject?, subresource: String, _ kinds: BuiltinKinds
  ) -> [FieldError]

  /// Whether writes take something out of a pool.
  var givesOut: Bool { get }

  /// Fills in what an object gets out of a pool, and reserves it.
  /// - Throws: 422 where what is asked for cannot be had, 500 where nothing is left.
  func allocation(
    for new: inout JSONObject, old: JSONObject?, isDryRun: Bool
  ) throws(StatusError) -> ServiceAllocation?

  /// What comes free with an object that is removed.
  func allocation(endedBy object: CachedObject) -> ServiceAllocation?

  /// Seconds that an object is given to end when it is deleted.
  func gracePeriod(of object: JSONObject, _ options: DeleteOptions) -> Int64

  /// Whether objects are given time to end. One that is going already goes on as it does, unless it is to go sooner.
  var endsGracefully: Bool { get }

  /// Whether an object that is being deleted stays until whoever runs it reports that it has ended.
  func awaitsEnd(_ object: JSONObject) -> Bool

  /// Whether something besides finalizers of the metadata keeps an object that is being deleted.
  func isHeld(_ object: JSONObject) -> Bool

  /// Says in an object that it is being deleted, beyond the metadata.
  func markGoing(_ object: inout JSONObject)
}

extension KindStrategy {
  func settle(_ new: inout JSONObject, for user: User) {}

  func violations(
    _ new: JSONObject, old: JSONObject?, subresource: String, _ kinds: BuiltinKinds
  ) -> [FieldError] { [] }

  var givesOut: Bool { false }

  func allocation(
    for new: inout JSONObject, old: JSONObject?, isDryRun: Bool
  ) throws(StatusError) -> ServiceAllocation? { nil }

  func allocation(endedBy object: CachedObject) -> ServiceAllocation? { nil }
  func gracePeriod(of object: JSONObject, _ options: DeleteOptions) -> Int64 { 0 }
  var endsGracefully: Bool { false }
  func awaitsEnd(_ object: JSONObject) -> Bool { false }
  func isHeld(_ object: JSONObject) -> Bool { false }
  func markGoing(_ object: inout JSONObject) {}
}
