/// Asks whether somebody may do something (`authorization.k8s.io/v1` SubjectAccessReview).
public typealias AccessReview = @Sendable (AccessQuestion) async -> Bool

/// Who would do what.
public struct AccessQuestion: Sendable, Equatable {
  public var user: String
  public var uid: String
  public var groups: [String]
  public var extra: [String: [String]]
  public var verb: String
  public var group: String
  public var resource: String
  public var subresource: String

  public init(
    user: String, uid: String = "", groups: [String] = [], extra: [String: [String]] = [:], verb: String,
    group: String, resource: String, subresource: String = ""
  ) {
    self.user = user
    self.uid = uid
    self.groups = groups
    self.extra = extra
    self.verb = verb
    self.group = group
    self.resource = resource
    self.subresource = subresource
  }
}
