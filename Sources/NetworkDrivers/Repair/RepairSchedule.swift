/// What a repair is about: one object's part of the plan.
enum RepairTarget: Sendable, Hashable {
  /// A network's links, addresses and settings; by its id.
  case network(String)
  /// An endpoint's links; by its id.
  case endpoint(String)

  fileprivate var rank: (Int, String) {
    switch self {
    case .network(let id): (0, id)
    case .endpoint(let id): (1, id)
    }
  }
}

/// When which object is to be looked at. Pure: the caller tells what time it is.
///
/// A look follows suspicion after a moment, in which whatever comes with it is gathered. An object that needs repair again
/// and again is looked at less and less often: whoever changes it all the time costs little, and is not fought with.
struct RepairSchedule: Sendable {
  typealias Instant = ContinuousClock.Instant

  /// How long suspicion gathers before the look. It does not begin anew with more of it.
  static let gathering = Duration.milliseconds(20)
  /// When an object that is being changed by ourselves is looked at.
  static let postponement = Duration.milliseconds(200)
  /// So many repairs of an object follow each other without a pause.
  static let free = 10
  static let firstPause = Duration.milliseconds(500)
  static let longestPause = Duration.seconds(60)
  /// An object that has stayed whole for so long has no past.
  static let quiet = Duration.seconds(30)

  private struct Past: Sendable {
    var repairs = 0
    var notBefore: Instant
    var complaint: String?
  }
  private var due: [RepairTarget: Instant] = [:]
  private var pasts: [RepairTarget: Past] = [:]

  /// When the next look is due; nil where nothing is suspected.
  var next: Instant? { due.values.min() }

  /// Something may be wrong with an object.
  mutating func suspect(_ target: RepairTarget, at now: Instant) {
    let earliest = max(now + Self.gathering, pasts[target]?.notBefore ?? now)
    due[target] = min(due[target] ?? earliest, earliest)
  }

  /// The object is being changed by ourselves: what is to be said of it can be said later.
  mutating func postpone(_ target: RepairTarget, at now: Instant) { due[target] = now + Self.postponement }

  /// What is due, networks first: their endpoints need them.
  mutating func take(at now: Instant) -> [RepairTarget] {
    let ready = due.filter { $0.value <= now }.keys.sorted { $0.rank < $1.rank }
    for target in ready { due[target] = nil }
    for (target, past) in pasts where due[target] == nil && now >= past.notBefore + Self.quiet { pasts[target] = nil }
    return ready
  }

  /// An object has been put right.
  /// - Returns: how long it is left alone now, where that is long enough to be told.
  mutating func repaired(_ target: RepairTarget, at now: Instant) -> Duration? {
    var past = pasts[target] ?? Past(notBefore: now)
    if now >= past.notBefore + Self.quiet { past = Past(notBefore: now) }
    past.repairs += 1
    past.complaint = nil
    let pause = Self.pause(after: past.repairs)
    past.notBefore = now + pause
    pasts[target] = past
    return pause > .zero ? pause : nil
  }

  /// An object could not be put right; it is tried again.
  /// - Returns: whether that is news.
  mutating func failed(_ target: RepairTarget, _ complaint: String, at now: Instant) -> Bool {
    var past = pasts[target] ?? Past(notBefore: now)
    past.repairs += 1
    past.notBefore = now + max(Self.pause(after: past.repairs), Self.firstPause)
    let isNews = past.complaint != complaint
    past.complaint = complaint
    pasts[target] = past
    due[target] = past.notBefore
    return isNews
  }

  /// An object was found whole.
  mutating func found(whole target: RepairTarget) { pasts[target]?.complaint = nil }

  /// An object is no more.
  mutating func forget(_ target: RepairTarget) {
    due[target] = nil
    pasts[target] = nil
  }

  private static func pause(after repairs: Int) -> Duration {
    if repairs < free { return .zero }
    let doublings = min(repairs - free, 10)
    return min(firstPause * (1 << doublings), longestPause)
  }
}
