import APIMachinery
import ClusterAPI

/// One write on its way to the store, as admission sees it (`admission.k8s.io/v1` AdmissionRequest).
public struct AdmissionRequest: Sendable {
  public enum Operation: String, Sendable {
    case create = "CREATE", update = "UPDATE", delete = "DELETE", connect = "CONNECT"
  }
  public let operation: Operation
  public let resource: ServedResource
  public let subresource: String
  public let namespace: String
  /// Empty while mutating admission looks at an object whose name is to be generated.
  public internal(set) var name: String
  public let user: User
  /// The object as it would be; nil for a removal.
  public var object: JSONObject?
  public let oldObject: JSONObject?
  public let isDryRun: Bool
  public let context: RequestContext
  /// The kind of `object` where that is no object of the resource: an `Eviction`, the options of a connection.
  public var kind: GroupVersionKind?
  /// What a removal asks for (`meta.k8s.io/v1` DeleteOptions).
  public var options: JSONObject?
  var reinvocation = Reinvocation()
  /// What of a new object the client has sent empty, and is not kept.
  var emptied = EmptiedFields()
}

/// What stands between a request that is allowed and the store: it changes objects, then judges them.
public protocol Admission: Sendable {
  /// What it looks at.
  var interest: AdmissionInterest { get }
  /// Fills in and changes. Runs before validation.
  func mutate(_ request: inout AdmissionRequest) async throws
  /// Refuses, by throwing a `StatusError`. Runs after validation.
  func validate(_ request: AdmissionRequest) async throws
}

extension Admission {
  public var interest: AdmissionInterest { .everything }
}

/// Several in a row.
public struct AdmissionChain: Admission {
  /// One of them.
  public struct Member: Sendable {
    /// By which metrics know it; nil for one that they do not tell of.
    let name: String?
    let admission: any Admission

    public init(_ name: String, _ admission: any Admission) {
      self.name = name
      self.admission = admission
    }

    /// One that metrics do not tell of.
    public init(_ admission: any Admission) {
      name = nil
      self.admission = admission
    }
  }

  private let members: [any Admission]
  private let rounds: AdmissionRounds
  /// By which metrics know them.
  private let names: [String?]
  private let metrics: AdmissionMetrics?

  /// - Parameter metrics: told how long each one takes.
  public init(_ members: [Member], metrics: AdmissionMetrics? = nil) {
    self.members = members.map(\.admission)
    rounds = AdmissionRounds(members.map(\.admission.interest))
    names = members.map(\.name)
    self.metrics = metrics
  }

  public init(_ members: [any Admission]) { self.init(members.map { Member($0) }) }

  public func mutate(_ request: inout AdmissionRequest) async throws {
    let round = rounds.round(of: request.resource.groupResource).mutating
    try await each(round, .mutating, request.operation) { try await $0.mutate(&request) }
    guard request.reinvocation.isWanted, !request.reinvocation.isSecondRound else { return }
    request.reinvocation.isSecondRound = true
    try await each(round, .mutating, request.operation) { try await $0.mutate(&request) }
  }

  public func validate(_ request: AdmissionRequest) async throws {
    let round = rounds.round(of: request.resource.groupResource).validating
    try await each(round, .validating, request.operation) { try await $0.validate(request) }
  }

  private func each(
    _ round: [Int], _ step: AdmissionMetrics.Step, _ operation: AdmissionRequest.Operation,
    _ body: (any Admission) async throws -> Void
  ) async throws {
    guard let metrics else {
      for place in round { try await body(members[place]) }
      return
    }
    var laps: [ContinuousClock.Instant] = []
    laps.reserveCapacity(round.count + 1)
    laps.append(.now)
    do {
      for place in round {
        try await body(members[place])
        laps.append(.now)
      }
    } catch {
      laps.append(.now)
      metrics.times.record(step, operation, names, round, laps, isRejected: true)
      throw error
    }
    metrics.times.record(step, operation, names, round, laps, isRejected: false)
  }
}
