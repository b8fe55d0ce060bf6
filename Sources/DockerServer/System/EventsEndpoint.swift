import ContainerEngine
import DockerAPI
import HTTPService

/// `GET /events`: past events since a moment, then live ones until a moment.
enum EventsEndpoint {
  static let accepted: Set<String> = [
    "config", "container", "daemon", "event", "image", "label", "network", "node", "plugin", "scope", "secret",
    "service", "type", "volume", "builder",
  ]

  static let events: Endpoint = { call in
    let now = Timestamps.now
    let since = try bound(call, "since", now)
    let until = try bound(call, "until", now)
    if let since, let until, until < since {
      throw QueryError(
        "`since` time (\(call.query["since"] ?? "")) cannot be after `until` time (\(call.query["until"] ?? ""))")
    }
    let filters = try call.filters(accepted)
    let version = call.version
    let events = call.engine.events.subscribe(
      since: since?.nanosecondsSince1970, until: until?.nanosecondsSince1970)
    return .stream(headers: ["Content-Type": "application/json"], endsWithServer: true) { writer in
      try await writer.start()
      for await event in events where matches(event, filters) {
        if version < APIVersion(1, 46), event.kind == .image, event.action == "create" { continue }
        try await writer.write(DockerJSON.encodeLine(message(event)))
      }
    }
  }

  private static func bound(_ call: Call, _ name: String, _ now: DockerAPI.Timestamp) throws -> DockerAPI.Timestamp? {
    guard let text = call.query[name], !text.isEmpty else { return nil }
    return try DockerAPI.Timestamp.parseBound(text, now: now)
  }

  /// Docker's form of an event.
  static func message(_ event: Event) -> EventMessage {
    var message = EventMessage()
    message.type = event.kind.rawValue
    message.action = event.action
    message.actor.id = event.actor
    message.actor.attributes = event.attributes
    message.scope = "local"
    message.timeNano = event.time
    message.time = event.time / 1_000_000_000
    switch event.kind {
    case .container:
      message.status = event.action
      message.id = event.actor
      message.from = event.attributes["image"] ?? ""
    case .image:
      message.status = event.action
      message.id = event.actor
    default: break
    }
    return message
  }

  static func matches(_ event: Event, _ filters: Filters) -> Bool {
    filters.matchesExactly("type", event.kind.rawValue)
      && matchesAction(event.action, filters)
      && filters.matchesExactly("scope", "local")
      && matchesObject("container", .container, event, filters)
      && matchesObject("volume", .volume, event, filters)
      && matchesObject("network", .network, event, filters)
      && matchesObject("plugin", .plugin, event, filters)
      && matchesObject("daemon", .daemon, event, filters)
      && matchesImage(event, filters)
      && filters.matchesLabels("label", event.attributes)
  }

  /// `exec_start: sh` is found under `exec_start`, `health_status: healthy` under `health_status`.
  private static func matchesAction(_ action: String, _ filters: Filters) -> Bool {
    if filters.matchesExactly("event", action) { return true }
    guard let colon = action.firstIndex(of: ":") else { return false }
    return filters.matchesExactly("event", String(action[..<colon]))
  }

  private static func matchesObject(_ name: String, _ kind: Event.Kind, _ event: Event, _ filters: Filters) -> Bool {
    guard filters.has(name) else { return true }
    return event.kind == kind
      && (filters.matchesPrefix(name, event.actor) || filters.matchesPrefix(name, event.attributes["name"] ?? ""))
  }

  private static func matchesImage(_ event: Event, _ filters: Filters) -> Bool {
    guard filters.has("image") else { return true }
    let candidates = [
      event.kind == .image ? event.actor : "", event.attributes["image"] ?? "",
      event.kind == .image ? event.attributes["name"] ?? "" : "",
    ]
    return candidates.contains { candidate in
      guard !candidate.isEmpty else { return false }
      let untagged = candidate.split(separator: ":").count == 2 ? candidate.prefix { $0 != ":" } : candidate[...]
      return filters.matchesExactly("image", candidate) || filters.matchesExactly("image", String(untagged))
    }
  }
}
