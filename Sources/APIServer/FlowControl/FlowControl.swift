import Synchronization

/// API Priority and Fairness: each request belongs to a priority level, which has seats of its own; where these are
/// taken it waits in a queue of its flow, so that no client can take the server from the others.
public final class FlowControl: Sendable {
  /// The schemas and levels at one time.
  private final class Configuration: Sendable {
    /// In the order in which they are asked, each with its level and the level's slot.
    let schemas: [(schema: FlowSchema, level: PriorityLevel, slot: Int)]

    init(_ schemas: [(schema: FlowSchema, level: PriorityLevel, slot: Int)]) { self.schemas = schemas }
  }

  /// Where a request was sorted.
  struct Classification: Sendable {
    let schema: FlowSchema
    let level: PriorityLevel
    let slot: Int
  }

  /// A request that may be worked on, until it is answered.
  struct Admitted: Sendable {
    fileprivate let key: FlowMetrics.Key
    fileprivate let number: Int
    /// Nil where it needs none.
    fileprivate let seat: SeatGate.Seat?
    fileprivate let seats: Int
    fileprivate let began: ContinuousClock.Instant
    /// How long it has waited.
    let waited: Duration
  }

  let gate: SeatGate
  let metrics = FlowMetrics()
  let requests = FlowRequests()
  private let configuration: Mutex<Configuration>

  /// - Parameters:
  ///   - seats: how many requests are worked on at a time, those of level `exempt` not counted.
  ///   - longestWait: after which a request that waits is refused.
  public init(seats: Int, longestWait: Duration = .seconds(15)) {
    gate = SeatGate(seats: seats, longestWait: longestWait)
    configuration = Mutex(Configuration([]))
    configure(FlowControlPolicy.schemas.map { FlowSchema($0) }, FlowControlPolicy.levels.map { PriorityLevel($0) })
  }

  /// Takes another set of schemas and levels. A schema whose level is missing matches nothing.
  func configure(_ schemas: [FlowSchema], _ levels: [PriorityLevel]) {
    // The guard rails are there whatever the store has.
    var levels = levels
    for level in FlowControlPolicy.levels.prefix(FlowControlPolicy.mandatoryLevels).map({ PriorityLevel($0) })
    where !levels.contains(where: { $0.name == level.name }) {
      levels.append(level)
    }
    var schemas = schemas
    for schema in FlowControlPolicy.schemas.prefix(FlowControlPolicy.mandatorySchemas).map({ FlowSchema($0) })
    where !schemas.contains(where: { $0.name == schema.name }) {
      schemas.append(schema)
    }
    let slots = gate.configure(levels)
    let known = Dictionary(levels.map { ($0.name, $0) }) { first, _ in first }
    let usable = schemas.sorted(by: FlowSchema.precedes).compactMap {
      schema -> (schema: FlowSchema, level: PriorityLevel, slot: Int)? in
      guard let level = known[schema.level], let slot = slots[schema.level] else { return nil }
      return (schema, level, slot)
    }
    let new = Configuration(usable)
    configuration.withLock { $0 = new }
  }

  /// The first schema that matches; the last one, which catches all, where none does.
  func classify(_ user: User, _ info: RequestInfo) -> Classification {
    let schemas = configuration.withLock { $0 }.schemas
    guard let found = schemas.first(where: { $0.schema.matches(user, info) }) ?? schemas.last else {
      preconditionFailure("there is always a schema that catches all")
    }
    return Classification(schema: found.schema, level: found.level, slot: found.slot)
  }

  /// Waits until a request may be worked on.
  /// - Parameter estimate: what it takes, where its level lets a request take so much; asked for where it needs any.
  /// - Returns: what is to be given back when it is answered, by ``end(_:isWatch:)``.
  /// - Throws: why it may not.
  func admit(
    _ place: Classification, _ user: User, _ info: RequestInfo, estimate: (_ widest: Int?) -> WorkEstimate
  ) async throws(SeatGate.Rejection) -> Admitted {
    let key = FlowMetrics.Key(level: place.level.name, schema: place.schema.name)
    let came = ContinuousClock.now
    if place.level.isExempt {
      metrics.arrive(key)
      metrics.seat(key, seats: 1, after: .zero)
      let number = requests.arrive(place, user, info, at: came, began: came, .none)
      return Admitted(key: key, number: number, seat: nil, seats: 1, began: came, waited: .zero)
    }
    let work = estimate(gate.widest(place.slot))
    metrics.arrive(key, work)
    let number = requests.arrive(place, user, info, at: came, work)
    let seat: SeatGate.Seat
    do {
      seat = try await gate.take(place.slot, width: work.seats, afterwards: work.afterwards, number: number) {
        [metrics] length in
        metrics.enqueue(key, length: length)
      } flow: {
        var hasher = Hasher()
        hasher.combine(place.schema.name)
        hasher.combine(place.schema.flow(of: user, info))
        return UInt64(bitPattern: Int64(hasher.finalize()))
      }
    } catch {
      requests.end(number)
      metrics.refuse(key, error.why, after: ContinuousClock.now - came)
      throw error
    }
    let began = ContinuousClock.now
    metrics.seat(key, seats: work.seats, after: began - came)
    requests.begin(number, queue: seat.queue, at: began)
    return Admitted(
      key: key, number: number, seat: seat, seats: work.seats, began: began, waited: began - came)
  }

  /// A request is answered, or a watch has begun: others have their turn.
  func end(_ request: Admitted, isWatch: Bool) {
    metrics.end(request.key, seats: request.seats, after: ContinuousClock.now - request.began, isWatch: isWatch)
    requests.end(request.number)
    if let seat = request.seat { gate.give(back: seat) }
  }
}
