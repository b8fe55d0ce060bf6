import Addressing
import Linux
import Netfilter
import NetworkModel

/// The firewall as chains of iptables and ip6tables that carry the instance's name. A change of one object is one run of
/// a program for each family that it is about.
final class IptablesFirewall: Firewall {
  private let programs: IptablesPrograms
  private let chains: FirewallChains
  private let families: [IPFamily]

  /// The kind of the programs.
  var kind: IptablesPrograms.Kind { programs.kind }

  /// Acts on the calling thread's network namespace, as all other calls do.
  /// - Parameters:
  ///   - guardsTunnels: no container may send into the tunnels of overlay networks by itself.
  ///   - searchPath: where the programs are looked for; nil takes PATH.
  ///   - kind: asks for programs of one kind; nil takes those that the host's owner has chosen.
  init(
    instance: String, guardsTunnels: Bool = false, searchPath: String? = nil, kind: IptablesPrograms.Kind? = nil
  ) throws {
    programs = try IptablesPrograms(searchPath: searchPath, kind: kind)
    chains = FirewallChains(instance: instance, guardsTunnels: guardsTunnels)
    families = FileSystem.exists("/proc/thread-self/net/if_inet6") ? [.v4, .v6] : [.v4]
  }

  @discardableResult
  func reconcile(_ fragments: [FirewallFragment]) throws -> Bool {
    var usable: [FirewallFragment] = []
    for fragment in fragments {
      do {
        try Self.refuseUnsayableLinks(fragment)
        usable.append(fragment)
      } catch { Diagnostics.warn("\(error)") }
    }
    var errors = ErrorList()
    var isChanged = false
    for family in families {
      errors.attempt { isChanged = try reconcile(chains.tables(usable, family), family) || isChanged }
    }
    try errors.throwIfAny("iptables rules")
    return isChanged
  }

  private func reconcile(_ tables: [Iptables.Table], _ family: IPFamily) throws -> Bool {
    // Somebody may change rules between reading and writing, and a deletion then finds nothing: we look again.
    var attempt = 1
    while true {
      let snapshot = try programs.snapshot(family)
      let difference = Iptables.Transaction.difference(from: snapshot, to: tables, family, marks: chains.marks)
      do {
        try programs.commit(difference)
        return try removeObsolete(family, snapshot) || !difference.isEmpty
      } catch {
        guard error.code == .refused, attempt < 5 else { throw error }
        attempt += 1
      }
    }
  }

  /// Takes away chains that are not wanted any more, after the rules that led there are gone.
  /// - Parameter before: what was there before these rules went.
  private func removeObsolete(_ family: IPFamily, _ before: Iptables.Snapshot) throws(IptablesError) -> Bool {
    let obsolete = chains.obsolete(family)
    func removal(_ snapshot: Iptables.Snapshot) -> Iptables.Transaction {
      Iptables.Transaction.removal(of: obsolete, from: snapshot, family, marks: chains.marks)
    }
    guard !removal(before).isEmpty else { return false }
    try programs.commit(removal(try programs.snapshot(family)))
    return true
  }

  func add(_ fragment: FirewallFragment) throws {
    try Self.refuseUnsayableLinks(fragment)
    for family in families {
      var transaction = Iptables.Transaction(family)
      for placed in chains.rules(of: fragment, family) {
        transaction.append(placed.rule, to: placed.chain, in: placed.table)
      }
      try programs.commit(transaction)
    }
  }

  func remove(_ fragment: FirewallFragment) throws {
    var errors = ErrorList()
    for family in families {
      errors.attempt { try remove(chains.rules(of: fragment, family), family) }
    }
    try errors.throwIfAny("iptables rules of \(fragment.key)")
  }

  private func remove(_ rules: [FirewallChains.Placed], _ family: IPFamily) throws {
    var transaction = Iptables.Transaction(family)
    transaction.isRemoval = true
    for placed in rules { transaction.delete(placed.rule, from: placed.chain, in: placed.table) }
    do { try programs.commit(transaction) } catch {
      // Something of it is gone already. Take away what is still there.
      guard error.code == .refused else { throw error }
      let snapshot = try programs.snapshot(family)
      var rest = Iptables.Transaction(family)
      rest.isRemoval = true
      for placed in Set(rules) {
        let meaning = placed.rule.meaning
        for saved in snapshot.rules(placed.table, placed.chain) ?? [] where saved.meaning == meaning {
          rest.delete(saved, from: placed.chain, in: placed.table)
        }
      }
      try programs.commit(rest)
    }
  }

  func missing(_ fragments: [FirewallFragment]) throws -> [FirewallEntry] {
    var missing: [FirewallEntry] = []
    let snapshots = try families.map { (family: $0, rules: try programs.snapshot($0)) }
    for fragment in fragments {
      // The bridge's own entry says which subnets the others are about.
      let bridges = fragment.entries.filter { if case .bridge = $0 { true } else { false } }
      for entry in fragment.entries {
        let part = FirewallFragment(
          key: fragment.key, entries: bridges.contains(entry) ? bridges : bridges + [entry])
        let isThere = snapshots.allSatisfy { family, snapshot in
          chains.rules(of: part, family).allSatisfy { placed in
            let meaning = placed.rule.meaning
            return snapshot.rules(placed.table, placed.chain)?.contains { $0.meaning == meaning } ?? false
          }
        }
        if !isThere { missing.append(entry) }
      }
    }
    return missing
  }

  func removeAll() throws {
    var errors = ErrorList()
    for family in families {
      errors.attempt {
        let removal = Iptables.Transaction.removal(
          of: chains.empty(family), from: try programs.snapshot(family), family, marks: chains.marks)
        try programs.commit(removal)
      }
    }
    try errors.throwIfAny("iptables rules")
  }

  func watch(in namespace: FileDescriptor?) throws -> any FirewallWatch {
    switch programs.kind {
    case .nft:
      let chains = chains
      let programs = programs
      return try FirewallEvents(
        in: namespace,
        isOurs: { table, chain in
          (table.family == .ipv4 || table.family == .ipv6) && chains.isOurConcern(table: table.name, chain: chain)
        }, isByUs: { _, thread in programs.isOwn(process: thread) })
    case .legacy:
      let tables = families.map { family in (family, chains.empty(family).map(\.name.rawValue)) }
      return try XTablesWatch(tables: Dictionary(uniqueKeysWithValues: tables), in: namespace)
    }
  }

  /// A bridge's name is one of the words of a rule, and iptables reads more into some: `+` stands for any ending.
  private static func refuseUnsayableLinks(_ fragment: FirewallFragment) throws(NetworkError) {
    for entry in fragment.entries {
      guard case .bridge(let name, _, _) = entry else { continue }
      let isPlain = name.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
          || "-_.@".utf8.contains($0)
      }
      if isPlain && !name.hasPrefix("-") { continue }
      throw NetworkError(
        .invalid,
        "invalid bridge name \"\(name)\": with --firewall-backend iptables it may have letters, digits, and - _ . @ only"
      )
    }
  }

  /// Removes what an instance left in tables of iptables, of either kind, before another backend took over. Programs
  /// are started only where there may be something.
  /// - Parameter kept: the kind that is in use.
  static func removeLeftovers(
    of instance: String, searchPath: String?, keeping kept: IptablesPrograms.Kind? = nil
  ) throws {
    let chains = FirewallChains(instance: instance, guardsTunnels: true)
    var errors = ErrorList()
    for kind in IptablesPrograms.Kind.allCases where kind != kept {
      do {
        guard try mayHaveRules(kind, chains) else { continue }
        // The kind that the host's owner has chosen may have no names but the plain ones.
        let chosen = try IptablesFirewall(instance: instance, guardsTunnels: true, searchPath: searchPath)
        let firewall =
          chosen.kind == kind
          ? chosen
          : try IptablesFirewall(instance: instance, guardsTunnels: true, searchPath: searchPath, kind: kind)
        try firewall.removeAll()
      } catch let error as IptablesError where error.code == .missing && kind == .legacy {
        // Legacy tables do not tell whose they are; ours are made with programs that are still there.
      } catch { errors.append(error) }
    }
    try errors.throwIfAny("rules of iptables that were made before")
  }

  private static func mayHaveRules(_ kind: IptablesPrograms.Kind, _ chains: FirewallChains) throws -> Bool {
    switch kind {
    case .nft:
      return try NftablesConnection().chains().contains {
        ($0.table.family == .ipv4 || $0.table.family == .ipv6) && chains.isOwn(table: $0.table.name, chain: $0.name)
      }
    case .legacy:
      return try ["ip_tables_names", "ip6_tables_names"].contains { file in
        let path = "/proc/thread-self/net/\(file)"
        return try FileSystem.exists(path) && !FileSystem.readText(path).isEmpty
      }
    }
  }
}
