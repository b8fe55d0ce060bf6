import APIMachinery
import HTTPService
import Synchronization

/// Who asks, as authentication has found out (`authentication.k8s.io/v1` UserInfo).
public struct User: Sendable, Equatable {
  public var name: String
  public var uid: String
  public var groups: [String]
  public var extra: [String: [String]]

  public init(name: String, uid: String = "", groups: [String] = [], extra: [String: [String]] = [:]) {
    self.name = name
    self.uid = uid
    self.groups = groups
    self.extra = extra
  }

  /// Whether everything is allowed to the user, whatever the roles say.
  var isAllPowerful: Bool { groups.contains("system:masters") }

  /// As Go writes a user that it was not told how to write.
  var goText: String {
    let notes = extra.sorted { $0.key < $1.key }.map { "\($0):[\($1.joined(separator: " "))]" }
    return "&{\(name) \(uid) [\(groups.joined(separator: " "))] map[\(notes.joined(separator: " "))]}"
  }

  public static let anonymous = User(name: "system:anonymous", groups: ["system:unauthenticated"])
  /// This server's own work.
  public static let server = User(name: "system:apiserver", groups: ["system:masters", "system:authenticated"])
}

/// One request on its way through the server: what it is about, who sends it, and what the client is told beside the answer.
public final class RequestContext: Sendable {
  public let info: RequestInfo
  public let user: User
  public let query: Query
  public let headers: Headers
  /// When the client gets no other answer any more than that its time is over; nil where none is set to the request.
  let deadline: ContinuousClock.Instant?
  /// Whether the audit log has the request, so that its answer is made as a whole.
  let isAudited: Bool
  /// What admission has set aside for the write that is under way.
  public let settlement = AdmissionSettlement()
  private let authorizer: (any Authorizer)?
  private let warningTexts = Mutex<[String]>([])
  private let readOptions = Mutex<WriteOptions?>(nil)
  private let annotations = Mutex<[String: (value: String, level: AuditLevel)]>([:])
  private let elsewhere = Mutex(Duration.zero)

  /// - Parameters:
  ///   - authorizer: asked where a change turns out to be a creation; nil for the server's own work.
  ///   - deadline: when the request must have been answered.
  public init(
    info: RequestInfo, user: User, query: Query, headers: Headers, authorizer: (any Authorizer)? = nil,
    deadline: ContinuousClock.Instant? = nil, isAudited: Bool = false
  ) {
    self.isAudited = isAudited
    self.authorizer = authorizer
    self.deadline = deadline
    self.info = info
    self.user = user
    self.query = query
    self.headers = headers
  }

  /// Work that the server does on its own.
  static func ofServer(verb: String, namespace: String = "", name: String = "", subresource: String = "")
    -> RequestContext
  {
    var info = RequestInfo(method: .get, segments: [], query: Query())
    info.isResource = true
    info.verb = verb
    info.namespace = namespace
    info.name = name
    info.subresource = subresource
    return RequestContext(info: info, user: .server, query: Query(), headers: ["User-Agent": "kube-apiserver"])
  }

  /// A change that makes an object is a creation too.
  /// - Throws: 403 where the sender may make none.
  func checkCreation() async throws(StatusError) {
    guard let authorizer else { return }
    var creation = info
    creation.verb = "create"
    switch await authorizer.authorize(user, creation) {
    case .allowed: return
    case .denied(let reason), .noOpinion(let reason): throw .refused(user, creation, reason)
    case .failed(let why, _): throw .internalError(why)
    }
  }

  /// Whether the sender may do something else to what the request is about.
  /// - Returns: why not; nil: it may.
  func refusal(of verb: String) async -> String? {
    guard let authorizer else { return nil }
    var info = info
    info.verb = verb
    switch await authorizer.authorize(user, info) {
    case .allowed: return nil
    case .denied(let reason), .noOpinion(let reason), .failed(let reason, _): return reason
    }
  }

  /// Adds a `Warning` header to the answer, each text once.
  public func warn(_ text: String) {
    warningTexts.withLock { if !$0.contains(text) { $0.append(text) } }
  }

  public var warnings: [String] { warningTexts.withLock { $0 } }

  /// Notes something for the audit log. What is there already stays (`audit.k8s.io/v1` Event, `annotations`).
  public func annotate(_ key: String, _ value: String) { annotate(key, value, from: .metadata) }

  /// - Parameter level: where less is kept of a request this is not kept either.
  func annotate(_ key: String, _ value: String, from level: AuditLevel) {
    annotations.withLock { if $0[key] == nil { $0[key] = (value, level) } }
  }

  /// Others were waited for that the request was told to: what the server itself takes is measured without it.
  func noteTimeElsewhere(_ time: Duration) { elsewhere.withLock { $0 += time } }

  /// How long others were waited for.
  var timeElsewhere: Duration { elsewhere.withLock { $0 } }

  /// All that is noted for the audit log.
  public var auditAnnotations: [String: String] { auditAnnotations(at: .requestResponse) }

  /// What is noted for the audit log where so much of the request is kept.
  func auditAnnotations(at level: AuditLevel) -> [String: String] {
    annotations.withLock { $0.filter { $0.value.level <= level }.mapValues(\.value) }
  }

  /// What the write that this request is asks for.
  /// - Throws: 422 where a parameter has a value that is not known, or is not allowed here.
  public func writeOptions() throws(StatusError) -> WriteOptions {
    if let known = readOptions.withLock({ $0 }) { return known }
    let kind: WriteOptions.Kind =
      switch info.verb {
      case "create": .create
      case "patch":
        MediaRange((headers["Content-Type"] ?? "")[...]).type.hasPrefix("application/apply-patch+") ? .apply : .patch
      default: .update
      }
    let options = try WriteOptions(QueryParameters(query), for: kind)
    readOptions.withLock { $0 = options }
    return options
  }

  /// Nothing is written (`dryRun=All`).
  public func isDryRun() throws(StatusError) -> Bool { try writeOptions().isDryRun }

  /// Who is recorded as the owner of the fields that this request writes: what the client says, or else the beginning of
  /// its `User-Agent`.
  public func fieldManager() throws(StatusError) -> String {
    let said = try writeOptions().fieldManager
    let name = said.isEmpty ? FieldManager.managerName(userAgent: headers["User-Agent"] ?? "") : said
    return name.isEmpty ? "unknown" : name
  }

  /// What becomes of unknown and duplicate fields.
  public func fieldValidation() throws(StatusError) -> FieldValidation { try writeOptions().fieldValidation }
}
