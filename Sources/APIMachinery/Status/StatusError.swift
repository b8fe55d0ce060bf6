/// A failed request as the API server answers it: the object `Status` of meta/v1.
///
/// It is this target's error for requests: its reason is the code, its message is what `kubectl` shows after
/// `Error from server (Reason):`.
public struct StatusError: Error, Sendable, Equatable, CustomStringConvertible {
  /// One of several things that were wrong.
  public struct Cause: Sendable, Equatable {
    /// A word for programs, such as `FieldValueInvalid`; may be empty.
    public var reason: String
    public var message: String
    /// The path of the field; may be empty.
    public var field: String

    public init(reason: String = "", message: String, field: String = "") {
      self.reason = reason
      self.message = message
      self.field = field
    }

    public static let fieldManagerConflict = "FieldManagerConflict"
    public static let resourceVersionTooLarge = "ResourceVersionTooLarge"
    public static let unexpectedServerResponse = "UnexpectedServerResponse"
    /// An eviction that a disruption budget does not allow.
    public static let disruptionBudget = "DisruptionBudget"
    /// What is created in a namespace that is being deleted.
    public static let namespaceTerminating = "NamespaceTerminating"
  }

  /// What the request was about.
  public struct Details: Sendable, Equatable {
    public var name = ""
    public var group = ""
    /// A kind, or a resource: Kubernetes puts either here.
    public var kind = ""
    public var uid = ""
    public var causes: [Cause] = []
    /// After how many seconds the client may try again; 0 where the server says nothing.
    public var retryAfterSeconds = 0

    public init(
      name: String = "", group: String = "", kind: String = "", uid: String = "",
      causes: [Cause] = [],
      retryAfterSeconds: Int = 0
    ) {
      self.name = name
      self.group = group
      self.kind = kind
      self.uid = uid
      self.causes = causes
      self.retryAfterSeconds = retryAfterSeconds
    }
  }

  public var reason: StatusReason
  public var message: String
  public var details: Details?
  /// The HTTP status.
  public var code: Int
  /// A token with which a list that expired can go on, at the price of consistency.
  public var continueToken: String?

  public init(
    _ reason: StatusReason, _ message: String, details: Details? = nil, code: Int? = nil,
    continueToken: String? = nil
  ) {
    self.reason = reason
    self.message = message
    self.details = details
    self.code = code ?? reason.code
    self.continueToken = continueToken
  }

  public var description: String { message }

  /// After how many seconds the answer's header `Retry-After` asks the client to come again; nil where it has none.
  public var retryAfterSeconds: Int? {
    guard let seconds = details?.retryAfterSeconds, seconds > 0 else { return nil }
    return seconds
  }
}

extension StatusError {
  /// The object as it is served.
  public var json: JSONValue {
    var metadata = JSONObject()
    if let continueToken { metadata["continue"] = .string(continueToken) }
    var status: JSONObject = [
      "kind": "Status", "apiVersion": "v1", "metadata": .object(metadata), "status": "Failure",
    ]
    if !message.isEmpty { status["message"] = .string(message) }
    if reason != .unknown { status["reason"] = .string(reason.rawValue) }
    if let details { status["details"] = .object(Self.json(details)) }
    if code != 0 { status["code"] = .integer(Int64(code)) }
    return .object(status)
  }

  private static func json(_ details: Details) -> JSONObject {
    var object = JSONObject()
    func put(_ name: String, _ text: String) {
      if !text.isEmpty { object[name] = .string(text) }
    }
    put("name", details.name)
    put("group", details.group)
    put("kind", details.kind)
    put("uid", details.uid)
    if !details.causes.isEmpty {
      object["causes"] = .array(
        details.causes.map { cause in
          var member = JSONObject()
          if !cause.reason.isEmpty { member["reason"] = .string(cause.reason) }
          if !cause.message.isEmpty { member["message"] = .string(cause.message) }
          if !cause.field.isEmpty { member["field"] = .string(cause.field) }
          return .object(member)
        })
    }
    if details.retryAfterSeconds != 0 {
      object["retryAfterSeconds"] = .integer(Int64(details.retryAfterSeconds))
    }
    return object
  }

  /// Reads a Status that a server answered; nil where the value is none, or tells of success.
  public init?(json value: JSONValue) {
    guard value["kind"]?.stringValue == "Status", value["status"]?.stringValue != "Success" else {
      return nil
    }
    func text(_ value: JSONValue?, _ name: String) -> String { value?[name]?.stringValue ?? "" }
    var details: Details?
    if let object = value["details"], object.objectValue != nil {
      details = Details(
        name: text(object, "name"), group: text(object, "group"), kind: text(object, "kind"),
        uid: text(object, "uid"),
        causes: (object["causes"]?.arrayValue ?? []).map {
          Cause(reason: text($0, "reason"), message: text($0, "message"), field: text($0, "field"))
        },
        retryAfterSeconds: Int(object["retryAfterSeconds"]?.integerValue ?? 0))
    }
    self.init(
      StatusReason(rawValue: text(value, "reason")), text(value, "message"), details: details,
      code: value["code"]?.integerValue.map(Int.init),
      continueToken: value["metadata"]?["continue"]?.stringValue)
  }
}
