import Linux
import Netfilter
import NetworkModel

/// The firewall as one nf_tables table that carries the instance's name, behind `apus-` where it is not `apus` itself:
/// an instance may be called what is a word of the nft language, and nft(8) could not name such a table.
final class NftablesFirewall: Firewall {
  private let connection: NftablesConnection
  private let name: TableName
  private let guardsTunnels: Bool

  /// - Parameters:
  ///   - guardsTunnels: no container may send into the tunnels of overlay networks by itself.
  ///   - namespace: the host's network namespace; nil means the calling thread's.
  init(instance: String, guardsTunnels: Bool = false, in namespace: FileDescriptor? = nil) throws {
    self.guardsTunnels = guardsTunnels
    connection = try NftablesConnection(in: namespace)
    name = Self.tableName(instance)
  }

  static func tableName(_ instance: String) -> TableName {
    TableName(.inet, instance == "apus" ? instance : "apus-\(instance)")
  }

  @discardableResult
  func reconcile(_ fragments: [FirewallFragment]) throws -> Bool {
    var desired = FirewallTable.empty(name.name, guardsTunnels: guardsTunnels)
    for fragment in fragments {
      for entry in fragment.entries {
        for (set, element) in FirewallTable.elements(of: entry) {
          guard let index = desired.sets.firstIndex(where: { $0.name == set.name }) else { continue }
          desired.sets[index].elements.insert(element)
        }
      }
    }
    // Somebody may change rules between reading and writing: the kernel tells, and we look again.
    var attempt = 1
    while true {
      let snapshot = try connection.snapshot(name)
      let difference = Transaction.difference(from: snapshot.table, to: desired)
      do {
        try connection.commit(difference, from: snapshot.generation)
        return !difference.isEmpty
      } catch {
        guard error.code == .outdated, attempt < 10 else { throw error }
        attempt += 1
      }
    }
  }

  func add(_ fragment: FirewallFragment) throws {
    var transaction = Transaction()
    for entry in fragment.entries {
      for (set, element) in FirewallTable.elements(of: entry) { transaction.add([element], to: set, in: name) }
    }
    try connection.commit(transaction)
  }

  func remove(_ fragment: FirewallFragment) throws {
    let elements = fragment.entries.flatMap { FirewallTable.elements(of: $0) }
    var transaction = Transaction()
    for (set, element) in elements { transaction.delete([element], from: set, in: name) }
    do { try connection.commit(transaction) } catch {
      // Something of it is gone already. Take away what is still there.
      guard error.code == .notFound else { throw error }
      guard let table = try connection.snapshot(name).table else { return }
      var rest = Transaction()
      for (set, element) in elements where table.set(set.name)?.elements.contains(element) == true {
        rest.delete([element], from: set, in: name)
      }
      try connection.commit(rest)
    }
  }

  func missing(_ fragments: [FirewallFragment]) throws -> [FirewallEntry] {
    let table = try connection.snapshot(name).table
    return fragments.flatMap(\.entries).filter { entry in
      !FirewallTable.elements(of: entry).allSatisfy { set, element in
        table?.set(set.name)?.elements.contains(element) == true
      }
    }
  }

  func removeAll() throws {
    guard try connection.tables().contains(name) else { return }
    var transaction = Transaction()
    transaction.delete(name)
    try connection.commit(transaction)
  }

  func watch(in namespace: FileDescriptor?) throws -> any FirewallWatch {
    let name = name
    return try FirewallEvents(
      in: namespace, isOurs: { table, _ in table == name },
      isByUs: { program, _ in program == NetworkController.threadName })
  }
}
