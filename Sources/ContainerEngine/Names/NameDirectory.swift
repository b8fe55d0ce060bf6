import Addressing
import DNS
import Synchronization

/// Who is called what on which network: the names of running containers and their addresses. Read by the resolver for
/// every question, changed when containers come and go.
final class NameDirectory: Sendable {
  /// One container on one network.
  struct Member: Sendable {
    /// The container's id.
    var container: String
    /// All names by which it is found.
    var names: [DomainName]
    /// The name that its addresses lead back to, `container.network`.
    var canonical: DomainName
    var addresses: [IPAddress]
  }

  fileprivate struct Zone {
    var members: [String: Member] = [:]
    /// Who has a name, with its addresses: one look-up answers most questions.
    var byName: [DomainName: [Bearer]] = [:]
    var byAddress: [IPAddress: DomainName] = [:]
  }
  fileprivate struct Bearer {
    var container: String
    var addresses: [IPAddress]
  }
  fileprivate struct State {
    var zones: [String: Zone] = [:]
    /// Ids of networks by their names, which may end a question's name.
    var networks: [DomainName: String] = [:]
    var turn = 0
  }
  private let state = Mutex(State())

  /// Puts a container on a network, or replaces what is known of it there.
  func set(_ member: Member, on network: String, called name: DomainName?) {
    state.withLock { state in
      // In place: a copy of the zone would cost as much as it has members.
      state.zones[network, default: Zone()].set(member)
      if let name { state.networks[name] = network }
    }
  }

  /// Takes a container off a network; one that is not on it is no error.
  func remove(_ container: String, from network: String) {
    state.withLock { state in
      state.zones[network]?.remove(container)
      guard state.zones[network]?.members.isEmpty == true else { return }
      state.zones[network] = nil
      for (name, id) in state.networks where id == network { state.networks[name] = nil }
    }
  }

  /// The addresses of a name as seen from some networks, the first of them that knows the name deciding; each time
  /// another address comes first. Nil where none knows it.
  func addresses(of name: DomainName, on networks: [String]) -> [IPAddress]? {
    state.withLock { state in
      for network in networks {
        guard let bearers = state.zones[network]?.byName[name] else { continue }
        return state.gather(bearers)
      }
      // `container.network` names the network as well.
      guard name.labelCount > 1, let (rest, last) = name.splittingLast, let network = state.networks[last],
        networks.contains(network), let bearers = state.zones[network]?.byName[rest]
      else { return nil }
      return state.gather(bearers)
    }
  }

  /// The name of an address, as seen from some networks.
  func name(of address: IPAddress, on networks: [String]) -> DomainName? {
    state.withLock { state in
      for network in networks { if let name = state.zones[network]?.byAddress[address] { return name } }
      return nil
    }
  }
}

extension NameDirectory.State {
  fileprivate mutating func gather(_ bearers: [NameDirectory.Bearer]) -> [IPAddress] {
    guard bearers.count > 1 else { return bearers.first?.addresses ?? [] }
    turn &+= 1
    let start = Int(UInt(bitPattern: turn) % UInt(bearers.count))
    return (bearers[start...] + bearers[..<start]).flatMap(\.addresses)
  }
}

extension NameDirectory.Zone {
  fileprivate mutating func set(_ member: NameDirectory.Member) {
    remove(member.container)
    members[member.container] = member
    let bearer = NameDirectory.Bearer(container: member.container, addresses: member.addresses)
    for name in member.names { byName[name, default: []].append(bearer) }
    for address in member.addresses { byAddress[address] = member.canonical }
  }

  fileprivate mutating func remove(_ container: String) {
    guard let old = members.removeValue(forKey: container) else { return }
    for name in old.names {
      byName[name]?.removeAll { $0.container == container }
      if byName[name]?.isEmpty == true { byName[name] = nil }
    }
    for address in old.addresses where byAddress[address] == old.canonical { byAddress[address] = nil }
  }
}

extension DomainName {
  /// `a.b` and `c` for `a.b.c`.
  fileprivate var splittingLast: (rest: DomainName, last: DomainName)? {
    let labels = labels
    guard labels.count > 1, let last = labels.last, let rest = DomainName(labels: labels.dropLast()),
      let end = DomainName(labels: [last])
    else { return nil }
    return (rest, end)
  }
}
