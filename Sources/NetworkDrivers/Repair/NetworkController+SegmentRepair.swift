import AsyncWork
import NetworkModel
import Synchronization

/// The same for overlay networks, whose links are in a namespace of their own on each host.
extension NetworkController {
  /// Listens to the segments that there are, and to no others.
  func watchSegments() {
    guard let reactor = repairs.reactor else { return }
    for (id, one) in repairs.segments where overlay.segments[id] !== one.segment {
      one.task.cancel()
      repairs.segments[id] = nil
    }
    for (id, segment) in overlay.segments where repairs.segments[id] == nil {
      let task = Task { [weak self] in
        guard let self else { return }
        await follow(segment, of: id, on: reactor)
      }
      repairs.segments[id] = (segment, task)
    }
  }

  private nonisolated func follow(_ segment: OverlaySegment, of network: String, on reactor: Reactor) async {
    // nil has it taken anew; a failure of that is told and tried again.
    var picture: LinkPicture?
    while !Task.isCancelled {
      do {
        if picture == nil { picture = try await self.picture(of: segment) }
        let news = try await segment.watch.news(on: reactor)
        let roles = await segmentRoles(network)
        let suspicion = picture?.suspicion(news) { name, _ in roles[name].map { [$0] } ?? [] }
        let isSuspicious = suspicion.map { !$0.targets.isEmpty } ?? true
        if isSuspicious || news.isIncomplete || segment.isDamaged(by: news) {
          if news.isIncomplete { picture = nil }
          await suspectSegment(of: network)
        }
        try await Task.sleep(for: .milliseconds(10))
      } catch is CancellationError { return } catch {
        Diagnostics.warn("listening to changes of links of network \(network): \(error)")
        do { try await Task.sleep(for: .milliseconds(500)) } catch { return }
        await suspectSegment(of: network)
      }
    }
  }

  private func picture(of segment: OverlaySegment) throws -> LinkPicture { LinkPicture(try segment.links.links()) }

  private func suspectSegment(of network: String) {
    repairs.schedule.suspect(.network(network), at: .now)
    wakeUp()
  }

  /// What the links of a segment are to us, by their names.
  private func segmentRoles(_ id: String) -> [String: LinkPicture.Role] {
    guard let network = view.withLock({ $0.networks[id] }), let driver = try? driver(of: network) else { return [:] }
    var roles: [String: LinkPicture.Role] = [:]
    for link in segmentPlan(of: network).links { roles[link.name] = .network(id, link) }
    for endpoint in endpoints(on: id) {
      for link in driver.plan(endpoint, on: network).segment.links { roles[link.name] = .endpoint(endpoint.id, link) }
    }
    return roles
  }

  /// A segment is looked at as a whole: it is one host's part of one network.
  func repairSegment(of network: NetworkRecord) async {
    let target = RepairTarget.network(network.id)
    // Whoever joins or leaves has the lock.
    await overlay.locks.withLock(network.id) {
      guard overlay.segments[network.id] != nil, !endpoints(on: network.id).isEmpty else {
        return repairs.schedule.forget(target)
      }
      attempt(target, "network \(network.name) on this host") { try repairSegmentLocked(of: network) }
    }
  }

  private func repairSegmentLocked(of network: NetworkRecord) throws -> Repair? {
    let services = try running()
    guard let segment = overlay.segments[network.id], let cluster = overlay.cluster, cluster.vtep != nil else {
      return Repair()
    }
    var plan = segmentPlan(of: network)
    (plan.neighbours, plan.forwarding) = ([], [])
    var repair = try segment.repair(plan, tables: overlay.mirror.isFilled ? tables(of: network.id, cluster) : nil)
    let driver = try driver(of: network)
    for endpoint in endpoints(on: network.id) {
      guard let sandbox = try services.sandboxes.open(endpoint.sandboxID) else { continue }
      var plan = driver.plan(endpoint, on: network)
      plan.sandbox.routes += GatewayChoice.routes(among: memberships(of: endpoint.sandboxID))
        .filter { $0.link == endpoint.interface }
      // What plays the host for this endpoint is the segment.
      swap(&plan.host, &plan.segment)
      let its = try segment.links.repairEndpoint(plan, sandbox: sandbox)
      repair.done += its.done
      repair.obstacles += its.obstacles
    }
    return repair
  }
}
