/// One entry of `GET /events`: moby's `events.Message`.
public struct EventMessage: JSONObject, Hashable {
  public static let goType = "events.Message"

  /// The first three repeat the others for old clients.
  public var status = ""
  public var id = ""
  public var from = ""
  public var type = ""
  public var action = ""
  public var actor = EventActor()
  public var scope = ""
  /// Seconds since 1970.
  public var time: Int64 = 0
  public var timeNano: Int64 = 0

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("status", &status, .omitEmpty)
    visit("id", &id, .omitEmpty)
    visit("from", &from, .omitEmpty)
    visit("Type", &type)
    visit("Action", &action)
    visit("Actor", &actor)
    visit("scope", &scope, .omitEmpty)
    visit("time", &time, .omitEmpty)
    visit("timeNano", &timeNano, .omitEmpty)
  }
}

/// The object that an event is about.
public struct EventActor: JSONObject, Hashable {
  public static let goType = "events.Actor"

  public var id = ""
  public var attributes: [String: String] = [:]

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("ID", &id)
    visit("Attributes", &attributes)
  }
}
