/// What the kernel shall hold for a network and its endpoints, and how that differs from what it does hold
/// (`apus network plan`).
public struct PlanReport: Sendable, Codable, Equatable {
  /// One object with its part of the plan, in sentences.
  public struct Object: Sendable, Codable, Equatable {
    /// `network/ID` or `endpoint/ID`.
    public var key: String
    /// The network's or the container's.
    public var name: String
    public var host: [String]
    /// In the network's own namespace on this host, for networks that span hosts.
    public var segment: [String]
    public var sandbox: [String]
    public var firewall: [String]
    /// Past the firewall's translation, from the host's own loopback.
    public var shortcuts: [String]
    /// What is missing or otherwise than planned; empty where the kernel holds just this.
    public var differences: [String]

    /// - Parameter shortcuts: those that the engine makes of the plan.
    public init(
      _ plan: ObjectPlan, name: String, shortcuts: [LoopbackShortcut] = [], differences: [String]
    ) {
      key = plan.firewall.key
      self.name = name
      host = plan.host.lines
      segment = plan.segment.lines
      sandbox = plan.sandbox.lines
      firewall = plan.firewall.entries.map(\.text)
      self.shortcuts = shortcuts.map(\.text)
      self.differences = differences
    }
  }
  public var network: String
  public var id: String
  public var driver: String
  public var objects: [Object]
  public var isInSync: Bool

  public init(_ network: NetworkRecord, objects: [Object]) {
    self.network = network.name
    id = network.id
    driver = network.driver.rawValue
    self.objects = objects
    isInSync = objects.allSatisfy(\.differences.isEmpty)
  }

  /// For people.
  public var text: String {
    var lines = ["network \(network) (\(driver), \(id.prefix(12)))"]
    for object in objects {
      lines.append("")
      lines.append("\(object.key.prefix { $0 != "/" }) \(object.name)")
      for (title, part) in [
        ("host", object.host), ("segment", object.segment), ("sandbox", object.sandbox), ("firewall", object.firewall),
        ("short cuts", object.shortcuts),
      ] where !part.isEmpty {
        lines += ["  \(title)"] + part.map { "    \($0)" }
      }
      lines += object.differences.map { "  ! \($0)" }
    }
    let count = objects.reduce(0) { $0 + $1.differences.count }
    lines.append("")
    lines.append(
      count == 0
        ? "The kernel holds all of it." : "\(count) difference\(count == 1 ? "" : "s") to the kernel, marked with !")
    return lines.joined(separator: "\n") + "\n"
  }
}
