import Addressing
import AsyncWork
import KeyValueStore
import Linux
import Netlink
import NetworkModel
import Testing

@testable import NetworkDrivers

/// A host of its own for one test: a network namespace that plays the host, another that plays a neighbour of it, and a
/// cable between them. The neighbour routes everything through the host.
final class Lab: Sendable {
  static let hostAddress = "192.0.2.1"
  static let outsideAddress = "192.0.2.2"

  let directory: String
  let host: FileDescriptor
  let outside: FileDescriptor
  let store = MemoryStore()

  /// What the rules are made with.
  enum Rules: String, CaseIterable, Sendable {
    case nftables, iptables
    /// iptables of the older kind.
    case legacy
  }

  /// Makes the lab, runs `body`, takes the lab down.
  static func with(_ body: (Lab) async throws -> Void) async throws {
    let lab = try await onThread { try Lab() }
    do { try await body(lab) } catch {
      try await onThread { try lab.remove() }
      throw error
    }
    try await onThread { try lab.remove() }
  }

  private init() throws {
    directory = "/tmp/apus-lab-\(UInt32.random(in: 0 ... .max))"
    try FileSystem.makeDirectory(directory)
    host = try Namespaces.createNetwork(pinnedAt: directory + "/host")
    outside = try Namespaces.createNetwork(pinnedAt: directory + "/outside")
    let inHost = try RouteSocket(in: host)
    let inOutside = try RouteSocket(in: outside)
    let peer = LinkSettings(name: "in0", namespace: outside)
    let out = try inHost.createLink(NewLink(.veth(peer: peer), LinkSettings(name: "out0")))
    let link = try #require(try inOutside.link(.name("in0"))).index
    for (socket, index, addresses) in [
      (inHost, out, ["192.0.2.1/24", "2001:db8::1/64"]), (inOutside, link, ["192.0.2.2/24", "2001:db8::2/64"]),
    ] {
      try socket.perform([
        .setLink(.name("lo"), LinkSettings(isUp: true)), .setLink(.index(index), LinkSettings(isUp: true)),
      ])
      for text in addresses {
        let address: IPCIDR = try #require(IPCIDR(text))
        try socket.perform([
          .addAddress(
            InterfaceAddress(address, linkIndex: index, flags: address.family == .v6 ? .noDuplicateDetection : []))
        ])
      }
    }
    let gateway: IPAddress = try #require(IPAddress(Self.hostAddress))
    let gateway6: IPAddress = try #require(IPAddress("2001:db8::1"))
    try inOutside.perform([
      .addRoute(.defaultRoute(via: gateway, linkIndex: link)), .addRoute(.defaultRoute(via: gateway6, linkIndex: link)),
    ])
  }

  private func remove() throws {
    let pins = FileSystem.exists(directory + "/run/netns") ? try FileSystem.list(directory + "/run/netns") : []
    for name in pins { try Namespaces.unpin("\(directory)/run/netns/\(name)") }
    try Namespaces.unpin(directory + "/host")
    try Namespaces.unpin(directory + "/outside")
    try FileSystem.removeTree(directory)
  }

  /// A controller on this host, not started.
  func controller(
    _ rules: Rules = .nftables, _ change: (inout NetworkConfiguration) -> Void = { _ in }
  ) async throws -> NetworkController {
    var configuration = NetworkConfiguration(
      instance: "lab", runDirectory: directory + "/run", bridgeName: "lab0")
    configuration.hostNamespace = host
    configuration.userlandProxy = false
    // Its own tests switch it on: here translation is what carries packets from loopback.
    configuration.loopbackShortcut = false
    configuration.firewallBackend = rules == .nftables ? .nftables : .iptables
    configuration.searchPath = try searchPath(rules)
    change(&configuration)
    return try await NetworkController(
      configuration: configuration, store: store, pool: try BlockingPool(name: "lab"))
  }

  /// Where the programs of these rules are found under their plain names.
  func searchPath(_ rules: Rules) throws -> String {
    let common = "/usr/sbin:/usr/bin"
    guard rules == .legacy else { return common }
    let directory = directory + "/legacy"
    if !FileSystem.exists(directory) {
      try FileSystem.makeDirectory(directory)
      for name in ["iptables", "ip6tables"] {
        for action in ["", "-save", "-restore"] {
          try FileSystem.symbolicLink("\(directory)/\(name)\(action)", to: "/usr/sbin/xtables-legacy-multi")
        }
      }
    }
    return directory + ":" + common
  }

  /// A handle on a sandbox.
  func sandbox(_ id: String) throws -> FileDescriptor { try .open("\(directory)/run/netns/\(id)", .readOnly) }

  /// The names of the links on the host, without those of the lab.
  func links() async throws -> [String] {
    try await Self.onThread { [host] in
      try RouteSocket(in: host).links().map(\.name).filter { $0 != "lo" && $0 != "out0" }.sorted()
    }
  }

  /// What a command prints, run in a namespace.
  func command(_ arguments: [String], in namespace: FileDescriptor) async throws -> String {
    try await Self.onThread {
      try Namespaces.inside(namespace, .network) {
        let output = try FileDescriptor.pipe()
        let child = try ChildProcess.start(
          ProcessRequest(
            arguments[0], Array(arguments.dropFirst()), environment: ["PATH=/usr/sbin:/usr/bin"],
            descriptors: [nil, output.write, output.write]))
        output.write.close()
        let text = String(decoding: try output.read.readToEnd(), as: UTF8.self)
        #expect(try child.wait() == .exited(0), "\(arguments): \(text)")
        return text
      }
    }
  }

  /// The host's rules of all backends as text, without what traffic changes in it and the built-in chains.
  func rules() async throws -> [String] {
    var lines: [String] = []
    for family in ["iptables", "ip6tables"] {
      for kind in ["nft", "legacy"] {
        // It warns of the other kind's tables.
        let text = try await command(["/bin/sh", "-c", "\(family)-\(kind)-save 2>/dev/null"], in: host)
        lines += text.split(separator: "\n").filter { $0.hasPrefix("-A") || $0.hasPrefix(":") && $0.contains(" - ") }
          .map { "\(kind) \(family) \($0)" }
      }
    }
    let tables = try await command(["/usr/sbin/nft", "list", "tables", "inet"], in: host)
    for table in tables.split(separator: "\n") {
      let words = ["/usr/sbin/nft", "-s", "list"] + table.split(separator: " ").map { String($0) }
      lines += try await command(words, in: host).split(separator: "\n").map { String($0) }
    }
    return lines
  }

  /// Runs blocking work on a thread of its own.
  static func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      do {
        try Threads.start(name: "lab", stackSize: 1 << 20) { continuation.resume(with: .init(catching: body)) }
      } catch { continuation.resume(throwing: error) }
    }
  }
}
