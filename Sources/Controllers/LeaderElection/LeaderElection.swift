import APIMachinery
import ClusterClient

/// Who does a piece of work that only one may do at a time, told by a Lease (`coordination.k8s.io/v1`): client-go's
/// leader election, with kube-controller-manager's times.
///
/// The holder renews the lease; when it has not been changed for as long as its holder promised, somebody else takes it.
/// Times of other hosts' clocks are not believed: what counts is how long ago a change was seen here.
public struct LeaderElection: Sendable {
  public struct Times: Sendable {
    /// How long a silent holder is believed to be there; whole seconds.
    public var lease: Duration
    /// After how long without a renewal the holder itself stops: less than `lease`, so that two never work at once.
    public var renewal: Duration
    /// How often it is renewed or tried for.
    public var retry: Duration

    public init(lease: Duration = .seconds(15), renewal: Duration = .seconds(10), retry: Duration = .seconds(2)) {
      self.lease = lease
      self.renewal = renewal
      self.retry = retry
    }
  }

  private let client: any ClusterClient
  private let name: String
  private let identity: String
  private let times: Times
  private let report: @Sendable (String) -> Void

  /// - Parameters:
  ///   - name: the lease's, in `kube-system`.
  ///   - identity: ours; nobody else's, and not that of a process before this one.
  ///   - report: told when the work begins and ends here.
  public init(
    _ client: any ClusterClient, name: String, identity: String, times: Times = Times(),
    report: @escaping @Sendable (String) -> Void
  ) {
    self.client = client
    self.name = name
    self.identity = identity
    self.times = times
    self.report = report
  }

  /// Tries for the lease, and works while it is held, until the task is cancelled; then gives it back.
  /// - Parameter work: begins anew each time, and ends when its task is cancelled.
  public func run(_ work: @escaping @Sendable () async -> Void) async {
    var record = LeaderRecord(identity: identity, duration: times.lease)
    while !Task.isCancelled {
      var began = ContinuousClock.now
      while await !attempt(&record) {
        do { try await Task.sleep(for: times.retry) } catch { return }
        began = .now
      }
      report("this server leads: \(name)")
      var isTaken = false
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await work() }
        (record, isTaken) = await hold(record, since: began)
        group.cancelAll()
      }
      if Task.isCancelled {
        // The task is over: this one is not, and lets the next leader begin at once.
        let last = record
        await Task.detached { await release(last) }.value
      } else {
        let reason = isTaken ? "the lease is somebody else's, or gone" : "it could not be renewed in time"
        report("this server leads no longer: \(name): \(reason)")
      }
    }
  }

  /// Renews until that has failed for too long or the task is cancelled.
  /// - Parameter since: when the write was begun by which the lease became ours: others count from when they saw it,
  ///   which is no earlier.
  /// - Returns: also whether the lease is ours no longer.
  private func hold(
    _ held: LeaderRecord, since: ContinuousClock.Instant
  ) async -> (LeaderRecord, isTaken: Bool) {
    var record = held
    let clock = ContinuousClock()
    var renewed = since
    while !Task.isCancelled {
      do { try await Task.sleep(for: times.retry) } catch { return (record, false) }
      let (deadline, current, began) = (renewed + times.renewal, record, clock.now)
      // A renewal that hangs must not outlast the time for which this server leads.
      let next = await Self.within(deadline, clock) { () async -> LeaderRecord? in
        var next = current
        return await attempt(&next) ? next : nil
      }
      if let next {
        record = next
        renewed = began
        continue
      }
      let isTaken = await isTaken(current)
      if clock.now >= deadline || isTaken { return (record, isTaken) }
    }
    return (record, false)
  }

  private static func within<Result: Sendable>(
    _ deadline: ContinuousClock.Instant, _ clock: ContinuousClock, _ body: @escaping @Sendable () async -> Result?
  ) async -> Result? {
    await withTaskGroup(of: Result?.self) { group in
      group.addTask { await body() }
      group.addTask {
        try? await clock.sleep(until: deadline)
        return nil
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
  }

  // MARK: - The lease

  private static let place = GroupResource(group: "coordination.k8s.io", resource: "leases")
  private static let namespace = "kube-system"

  private var resource: ClusterResource? { client.resource(Self.place) }

  /// Whether the lease is somebody else's, or gone. One that cannot be read may still be ours: the time decides then.
  private func isTaken(_ record: LeaderRecord) async -> Bool {
    guard let resource else { return false }
    do { return !record.isOurs(try await client.get(resource, namespace: Self.namespace, name: name)) } catch {
      return false
    }
  }

  /// Takes the lease, or renews it.
  /// - Returns: whether it is ours now.
  private func attempt(_ record: inout LeaderRecord) async -> Bool {
    guard let resource else { return false }
    do {
      guard let present = try await client.get(resource, namespace: Self.namespace, name: name) else {
        let made = try await client.create(
          resource, namespace: Self.namespace,
          [
            "kind": "Lease", "apiVersion": "coordination.k8s.io/v1",
            "metadata": ["name": .string(name), "namespace": .string(Self.namespace)],
            "spec": .object(record.taken(from: nil)),
          ])
        record.see(made)
        return true
      }
      record.see(present)
      guard record.mayBeTaken else { return false }
      var tree = present.tree()
      tree["spec"] = .object(record.taken(from: present))
      record.see(try await client.update(resource, subresource: "", tree))
      return true
    } catch {
      // Somebody else was faster, or the store is away: the time decides.
      return false
    }
  }

  private func release(_ record: LeaderRecord) async {
    guard let resource else { return }
    do {
      guard let present = try await client.get(resource, namespace: Self.namespace, name: name),
        record.isOurs(present)
      else { return }
      var tree = present.tree()
      tree["spec"] = .object(record.released(present))
      _ = try await client.update(resource, subresource: "", tree)
    } catch {
      report("the lease \(name) is not given back, and runs out by itself: \(error)")
    }
  }
}
