/// Requests that wait for a seat of one priority level, in queues that take fair turns: start-time fair queueing (Goyal,
/// Vin and Cheng, 1996), with a request's seats times its duration as its cost.
struct FairQueues<Item> {
  struct Waiter {
    let ticket: Int
    /// Seats that it wants.
    let width: Int
    /// The hash of its flow.
    let flow: UInt64
    /// The number by which others know it.
    var number = 0
    let item: Item
  }

  /// Where a request came from that has got its seat.
  struct Origin: Sendable {
    let queue: Int
    /// What its queue was charged.
    fileprivate let charge: Double
  }

  private struct Queue {
    var waiting: [Waiter] = []
    /// Seats that its waiting requests want and those hold that run.
    var width = 0
    /// Virtual time at which its next request starts.
    var start = 0.0
  }

  let settings: PriorityLevel.Queuing
  private var queues: [Queue]
  /// Numbers of the queues with requests in them.
  private var active: [Int] = []
  private var places: [Int: Int] = [:]
  /// Seats that all waiting requests want.
  private(set) var waitingWidth = 0
  /// Virtual time: the start of the request that went last.
  private var now = 0.0
  /// Seconds that requests take, the latest ones counting most.
  private var usualSeconds = 0.005

  init(_ settings: PriorityLevel.Queuing) {
    self.settings = settings
    queues = Array(repeating: Queue(), count: settings.queues)
  }

  /// How many requests wait.
  var count: Int { places.count }

  /// One queue, for those who look.
  struct Digest {
    /// The numbers of those that wait in it, in their order.
    let waiting: [Int]
    /// Seats that they want.
    let width: Int
    /// Seconds times seats that they are expected to take.
    let work: Double
    /// Virtual time at which the next one starts.
    let start: Double
  }

  var digests: [Digest] {
    queues.map { queue in
      let width = queue.waiting.reduce(0) { $0 + $1.width }
      return Digest(
        waiting: queue.waiting.map(\.number), width: width, work: usualSeconds * Double(width), start: queue.start)
    }
  }

  /// How long the queue is in which a request waits; nil where it waits in none.
  func length(ofQueueWith ticket: Int) -> Int? { places[ticket].map { queues[$0].waiting.count } }

  /// How many queues have requests in them.
  var activeCount: Int { active.count }

  /// Puts a request in the emptiest queue of its flow's hand.
  /// - Parameter limited: false for one that waits already, in other queues.
  /// - Returns: false where that queue is full.
  mutating func append(_ waiter: Waiter, limited: Bool = true) -> Bool {
    let hand = ShuffleSharding.hand(of: waiter.flow, size: settings.handSize, from: queues.count)
    guard let place = hand.min(by: { queues[$0].width < queues[$1].width }) else { return false }
    guard !limited || queues[place].waiting.count < settings.lengthLimit else { return false }
    if queues[place].waiting.isEmpty {
      active.append(place)
      queues[place].start = max(queues[place].start, now)
    }
    queues[place].waiting.append(waiter)
    queues[place].width += waiter.width
    waitingWidth += waiter.width
    places[waiter.ticket] = place
    return true
  }

  /// Takes a request out that waits no longer; nil where it is not here.
  mutating func remove(_ ticket: Int) -> Waiter? {
    guard let place = places.removeValue(forKey: ticket),
      let index = queues[place].waiting.firstIndex(where: { $0.ticket == ticket })
    else { return nil }
    let waiter = queues[place].waiting.remove(at: index)
    queues[place].width -= waiter.width
    waitingWidth -= waiter.width
    if queues[place].waiting.isEmpty { active.removeAll { $0 == place } }
    return waiter
  }

  private var next: Int? { active.min { queues[$0].start < queues[$1].start } }

  /// The seats that the request wants whose turn it is; nil where none waits.
  var nextWidth: Int? { next.flatMap { queues[$0].waiting.first?.width } }

  /// Takes the request whose turn it is.
  mutating func popFirst() -> (waiter: Waiter, origin: Origin)? {
    guard let place = next else { return nil }
    let waiter = queues[place].waiting.removeFirst()
    places[waiter.ticket] = nil
    waitingWidth -= waiter.width
    now = queues[place].start
    let charge = usualSeconds * Double(waiter.width)
    queues[place].start += charge
    // Behind the others, so that queues with the same start take turns.
    active.removeAll { $0 == place }
    if !queues[place].waiting.isEmpty { active.append(place) }
    return (waiter, Origin(queue: place, charge: charge))
  }

  /// A request has ended: its queue pays for what it really took.
  mutating func ended(_ origin: Origin, width: Int, seconds: Double) {
    guard queues.indices.contains(origin.queue) else { return }
    queues[origin.queue].width -= width
    queues[origin.queue].start += seconds * Double(width) - origin.charge
    usualSeconds += (seconds - usualSeconds) / 16
  }

  /// Everything that waits, in no order.
  mutating func removeAll() -> [Waiter] {
    let all = active.flatMap { queues[$0].waiting }
    self = FairQueues(settings)
    return all
  }
}

extension FairQueues.Waiter: Sendable where Item: Sendable {}
