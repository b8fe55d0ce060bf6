import APIMachinery

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
}

/// What stands between a request that is allowed and the store: it changes objects, then judges them.
public protocol Admission: Sendable {
  /// Fills in and changes. Runs before validation.
  func mutate(_ request: inout AdmissionRequest) async throws
  /// Refuses, by throwing a `StatusError`. Runs after validation.
  func validate(_ request: AdmissionRequest) async throws
}

/// Several in a row.
public struct AdmissionChain: Admission {
  private let members: [any Admission]
  public init(_ members: [any Admission]) { self.members = members }

  public func mutate(_ request: inout AdmissionRequest) async throws {
    for member in members { try await member.mutate(&request) }
    guard request.reinvocation.isWanted, !request.reinvocation.isSecondRound else { return }
    request.reinvocation.isSecondRound = true
    for member in members { try await member.mutate(&request) }
  }

  public func validate(_ request: AdmissionRequest) async throws {
    for member in members { try await member.validate(request) }
  }
}
