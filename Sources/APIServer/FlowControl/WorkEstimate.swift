import HTTPService

/// How many seats a request takes: lists by how much there is to send, all others one.
enum WorkEstimate {
  private static let objectsPerSeat = 100
  private static let mostSeats = 10

  /// - Parameters:
  ///   - count: how many objects the resource has; asked for where it matters.
  static func seats(_ info: RequestInfo, _ query: Query, count: () -> Int) -> Int {
    guard info.isResource else { return 1 }
    switch info.verb {
    case "list": break
    // A watch that starts with what is there sends a list first.
    case "watch" where query.contains("sendInitialEvents"): break
    default: return 1
    }
    var objects = count()
    if let limit = query["limit"].flatMap({ Int($0) }), limit > 0 { objects = min(objects, limit) }
    return min(mostSeats, max(1, (objects + objectsPerSeat - 1) / objectsPerSeat))
  }
}
