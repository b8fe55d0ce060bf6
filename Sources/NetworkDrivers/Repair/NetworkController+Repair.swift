import AsyncWork
import Linux
import Netlink
import NetworkModel
import Synchronization

/// What a controller knows of damage to its links.
struct RepairState {
  var schedule = RepairSchedule()
  /// When the next look is under way; nil where none is.
  var wakeUp: RepairSchedule.Instant?
  /// Those who listen to the namespaces of overlay networks, by the network's id.
  var segments: [String: (segment: OverlaySegment, task: Task<Void, Never>)] = [:]
  var reactor: Reactor?
}

/// The plan of networks and endpoints is kept true while the engine runs: the kernel tells of each change of a link, an
/// address, a route or a setting; what differs from the plan then is put right, one network or endpoint at a time.
///
/// What we change ourselves is announced as well. It is told apart by what it comes to: an announcement that agrees with
/// the plan costs nothing more than to be read, and an object that is being made or taken down is not looked at.
extension NetworkController {
  /// Puts our links right whenever somebody has changed them, until the task is cancelled.
  public func keepLinks(on reactor: Reactor) async {
    guard let services = try? running() else { return }
    repairs.reactor = reactor
    overlay.segmentsChanged = { [weak self] in Task { await self?.watchSegments() } }
    watchSegments()
    watchSettings()
    // From here on each change is seen. Where the links cannot be read now, `follow` tries again and says so.
    let picture = try? picture()
    // What befell them while no engine was there is not announced.
    for id in overlay.segments.keys { repairs.schedule.suspect(.network(id), at: .now) }
    wakeUp()
    let (links, settings) = (services.links, services.settings)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.follow(links, from: picture, on: reactor) }
      group.addTask { await self.follow(settings, on: reactor) }
    }
    for one in repairs.segments.values { one.task.cancel() }
    repairs.segments = [:]
    repairs.reactor = nil
  }

  // MARK: listening

  /// - Parameter picture: of the links as they were; nil has it taken anew.
  private nonisolated func follow(_ watch: LinkWatch, from picture: LinkPicture?, on reactor: Reactor) async {
    var picture = picture
    while !Task.isCancelled {
      do {
        if picture == nil {
          picture = try await self.picture()
          await suspectAll()
        }
        let news = try await watch.news(on: reactor)
        if news.isIncomplete {
          Diagnostics.warn("announcements of links were lost: all of them are looked at")
          picture = nil
          continue
        }
        if let suspicion = picture?.suspicion(news, { roles(named: $0, alias: $1) }), !suspicion.isEmpty {
          await take(suspicion)
        }
        // What belongs together comes together; and software that changes links all the time costs us no more than this.
        try await Task.sleep(for: .milliseconds(10))
      } catch is CancellationError { return } catch {
        Diagnostics.warn("listening to changes of links: \(error)")
        picture = nil
        do { try await Task.sleep(for: .milliseconds(500)) } catch { return }
      }
    }
  }

  private nonisolated func follow(_ watch: SettingWatch, on reactor: Reactor) async {
    while !Task.isCancelled {
      do {
        let links = try await watch.changes(on: reactor)
        await suspectSettings(of: links)
        try await Task.sleep(for: .milliseconds(10))
      } catch is CancellationError { return } catch {
        Diagnostics.warn("listening to changes of settings: \(error)")
        do { try await Task.sleep(for: .milliseconds(500)) } catch { return }
      }
    }
  }

  private func picture() throws -> LinkPicture { LinkPicture(try running().host.links()) }

  /// What a link on the host is to us, by its mark, or by the name that we gave it.
  nonisolated func roles(named name: String, alias: String?) -> [LinkPicture.Role] {
    let view = view.withLock { $0 }
    func plan(_ network: NetworkRecord) -> NamespacePlan? { (try? driver(of: network))?.plan(network).host }
    func own(_ network: NetworkRecord, _ plan: NamespacePlan?) -> LinkPicture.Role {
      .network(network.id, plan?.links.first { $0.name == name })
    }
    func own(_ endpoint: EndpointRecord) -> LinkPicture.Role? {
      guard let network = view.networks[endpoint.networkID], let driver = try? driver(of: network) else { return nil }
      return .endpoint(endpoint.id, driver.plan(endpoint, on: network).host.links.first { $0.name == name })
    }
    if let object = Owner.object(of: alias, configuration.instance) {
      switch object {
      case .network(let id): return view.networks[id].map { [own($0, plan($0))] } ?? []
      case .endpoint(let id): return view.endpoints[id].flatMap { own($0) }.map { [$0] } ?? []
      }
    }
    var roles: [LinkPicture.Role] = []
    for network in view.networks.values where network.bridge != nil || network.macvlan != nil {
      guard let plan = plan(network) else { continue }
      if plan.links.contains(where: { $0.name == name }) { roles.append(own(network, plan)) }
      if plan.requiredLinks.contains(name) { roles.append(.base(ofNetwork: network.id)) }
    }
    if let endpoint = view.endpoints.values.first(where: { $0.hostInterface == name }), let role = own(endpoint) {
      roles.append(role)
    }
    return roles
  }

  private func take(_ suspicion: LinkPicture.Suspicion) {
    for target in suspicion.targets { repairs.schedule.suspect(target, at: .now) }
    for id in suspicion.membersOf { suspectMembers(of: id) }
    if suspicion.settings { for network in networks() { repairs.schedule.suspect(.network(network.id), at: .now) } }
    if suspicion.hasNewLinks { watchSettings() }
    wakeUp()
  }

  private func suspectMembers(of network: String) {
    for endpoint in endpoints(on: network) { repairs.schedule.suspect(.endpoint(endpoint.id), at: .now) }
  }

  private func suspectSettings(of links: Set<UInt32>) {
    guard let services = try? running() else { return }
    for index in links {
      guard let link = try? services.host.socket.link(.index(index)) else { continue }
      for role in roles(named: link.name, alias: link.alias) { repairs.schedule.suspect(role.target, at: .now) }
    }
    wakeUp()
  }

  private func suspectAll() {
    let view = view.withLock { $0 }
    for id in view.networks.keys { repairs.schedule.suspect(.network(id), at: .now) }
    for id in view.endpoints.keys { repairs.schedule.suspect(.endpoint(id), at: .now) }
    watchSettings()
    wakeUp()
  }

  /// The directories of the settings that our bridges have.
  private func watchSettings() {
    guard let services = try? running() else { return }
    var directories: [String: UInt32] = [:]
    for network in networks() where network.bridge != nil {
      guard let plan = try? driver(of: network).plan(network).host, let name = plan.links.first?.name,
        let link = try? services.host.socket.link(.name(name))
      else { continue }
      for sysctl in plan.sysctls where sysctl.path.contains("/conf/\(name)/") {
        directories["/proc/sys/net/" + FileSystem.directory(of: sysctl.path)] = link.index
      }
    }
    services.settings.watch(directories)
  }

  // MARK: repairing

  func wakeUp() {
    guard let next = repairs.schedule.next, repairs.wakeUp.map({ next < $0 }) ?? true else { return }
    repairs.wakeUp = next
    Task { [weak self] in
      do { try await Task.sleep(until: next, clock: .continuous) } catch { return }
      await self?.repairDue(next)
    }
  }

  private func repairDue(_ time: RepairSchedule.Instant) async {
    // An earlier one was set up meanwhile, and has seen to the rest.
    guard repairs.wakeUp == time, repairs.reactor != nil else { return }
    repairs.wakeUp = nil
    for target in repairs.schedule.take(at: .now) {
      await repair(target)
      // Requests do not wait for a long row of repairs.
      await Task.yield()
    }
    wakeUp()
  }

  private func repair(_ target: RepairTarget) async {
    switch target {
    case .network(let id):
      guard let network = view.withLock({ $0.networks[id] }), !network.isConfigurationOnly, network.remote == nil else {
        return repairs.schedule.forget(target)
      }
      if network.overlay != nil { return await repairSegment(of: network) }
      attempt(target, "network \(network.name)") { try repair(network) }
    case .endpoint(let id):
      let view = view.withLock { $0 }
      guard let endpoint = view.endpoints[id], let network = view.networks[endpoint.networkID],
        network.remote == nil, network.overlay == nil, !view.departing.contains(id)
      else { return repairs.schedule.forget(target) }
      attempt(target, "endpoint \(endpoint.name) on network \(network.name)") { try repair(endpoint, on: network) }
    }
  }

  /// Runs one repair and tells what it came to.
  /// - Parameter body: gives nil where the object is being changed by ourselves.
  func attempt(_ target: RepairTarget, _ name: String, _ body: () throws -> Repair?) {
    do {
      guard let repair = try body() else { return repairs.schedule.postpone(target, at: .now) }
      if !repair.done.isEmpty {
        Diagnostics.warn("\(name): \(repair.done.map(\.text).joined(separator: "; ")): put right")
        if let pause = repairs.schedule.repaired(target, at: .now) {
          Diagnostics.warn("\(name): somebody changes it again and again: it is looked at again in \(pause)")
        }
      }
      if repair.obstacles.isEmpty { return repairs.schedule.found(whole: target) }
      complain(target, name, repair.obstacles.map(\.text).joined(separator: "; ") + ": not ours to change")
    } catch { complain(target, name, "cannot be put right and is tried again: \(error)") }
  }

  private func complain(_ target: RepairTarget, _ name: String, _ why: String) {
    if repairs.schedule.failed(target, why, at: .now) { Diagnostics.warn("\(name): \(why)") }
  }

  private func repair(_ network: NetworkRecord) throws -> Repair? {
    let services = try running()
    let plan = try driver(of: network).plan(network).host
    let names = Set(plan.links.map(\.name))
    if view.withLock({ $0.leaving.contains(network.id) }) || !services.reaper.pending.isDisjoint(with: names) {
      return nil
    }
    let repair = try services.host.repair(configuration.forwarding ? plan : plan.withoutForwarding)
    let isCarried = repair.done.contains { difference in
      switch difference {
      case .linkMissing, .linkRenamed: true
      default: false
      }
    }
    if isCarried {
      suspectMembers(of: network.id)
      watchSettings()
    }
    return repair
  }

  func repair(_ endpoint: EndpointRecord, on network: NetworkRecord) throws -> Repair? {
    let services = try running()
    if !services.reaper.pending.isDisjoint(with: [endpoint.hostInterface]) { return nil }
    guard let sandbox = try services.sandboxes.open(endpoint.sandboxID) else { return Repair() }
    var plan = try driver(of: network).plan(endpoint, on: network)
    plan.sandbox.routes += GatewayChoice.routes(among: memberships(of: endpoint.sandboxID))
      .filter { $0.link == endpoint.interface }
    return try services.host.repairEndpoint(plan, sandbox: sandbox)
  }
}
