import HTTPService

/// How many seats a request takes, and for how long after its end: lists by how much there is to send, writes by how many
/// watch (Kubernetes, "API Priority and Fairness", "Seats occupied by a request").
struct WorkEstimate: Sendable, Equatable {
  /// What is known of the objects of a request's resource.
  struct Resource: Sendable {
    var count: Int
    /// Of all of them.
    var bytes: Int
    var watchers: Int
  }

  private static let bytesPerSeat = 100_000
  /// Lists are sent in parts: so much of one is in memory at a time.
  private static let mostBytes = 1_000_000
  private static let mostListSeats = 100
  private static let mostWriteSeats = 10
  private static let watchersPerSeat = 10
  /// How long telling them takes.
  private static let telling = Duration.milliseconds(5)

  var seats = 1
  /// For how long the seats stay taken when the request has its answer: watchers are still told.
  var afterwards = Duration.zero
  /// How many watch what a write changes; nil where it is none.
  var watchers: Int?

  /// One seat, for as long as the request lasts.
  static let none = WorkEstimate()

  private init() {}

  /// - Parameters:
  ///   - widest: the most seats that one request of the level may take; nil for no limit of the level's own.
  ///   - resource: asked for where it matters; nil where another server has the objects.
  init(_ info: RequestInfo, _ query: Query, widest: Int?, resource: () -> Resource?) {
    guard info.isResource else { return }
    switch info.verb {
    case "list": break
    case "watch":
      // One that starts with what is there sends a list first.
      let version = query["resourceVersion"] ?? ""
      let sendsList = RequestInfo.isTrue(query["sendInitialEvents"] ?? "false")
      guard sendsList || version.isEmpty || version == "0" else { return }
    case "create", "update", "patch", "delete":
      // A token is no object that anybody watches.
      guard !(info.resource == "serviceaccounts" && info.subresource == "token") else { return }
      guard let resource = resource() else { return }
      watchers = resource.watchers
      guard resource.watchers >= Self.watchersPerSeat else { return }
      let wanted = (resource.watchers + Self.watchersPerSeat - 1) / Self.watchersPerSeat
      seats = max(1, min(wanted, Self.mostWriteSeats, widest ?? Self.mostWriteSeats))
      // The same work on fewer seats takes longer.
      afterwards = Self.telling * wanted / seats
      return
    default: return
    }
    guard info.name.isEmpty, let resource = resource(), resource.count > 0 else { return }
    var objects = resource.count
    if let limit = query["limit"].flatMap({ Int($0) }), limit > 0 { objects = min(objects, limit) }
    let bytes = min(Self.mostBytes, objects * (resource.bytes / resource.count))
    let wanted = (bytes + Self.bytesPerSeat - 1) / Self.bytesPerSeat
    seats = max(1, min(wanted, Self.mostListSeats, widest ?? Self.mostListSeats))
  }
}
