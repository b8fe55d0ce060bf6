/// What a base chain is for (nft(8), CHAINS).
public enum ChainType: String, Sendable, Hashable {
  case filter, nat, route
}

/// Where the kernel calls a base chain (`NF_INET_*` of linux/netfilter.h).
public enum Hook: UInt32, Sendable, Hashable {
  case prerouting = 0
  case input = 1
  case forward = 2
  case output = 3
  case postrouting = 4

  public var keyword: String {
    switch self {
    case .prerouting: "prerouting"
    case .input: "input"
    case .forward: "forward"
    case .output: "output"
    case .postrouting: "postrouting"
    }
  }
}

/// The order among base chains of one hook: lower runs earlier (`NF_IP_PRI_*` of linux/netfilter_ipv4.h).
public struct Priority: Sendable, Hashable {
  public let value: Int32
  public init(_ value: Int32) { self.value = value }
  /// Before connection tracking.
  public static let raw = Priority(-300)
  public static let mangle = Priority(-150)
  public static let destinationNAT = Priority(-100)
  public static let filter = Priority(0)
  public static let sourceNAT = Priority(100)

  /// nft's name for the value where it has one on every hook that we use, else the number.
  public var keyword: String {
    switch value {
    case -300: "raw"
    case -150: "mangle"
    case -100: "dstnat"
    case 0: "filter"
    case 100: "srcnat"
    default: String(value)
    }
  }
}

/// What makes a chain a base chain.
public struct BaseHook: Sendable, Hashable {
  public var type: ChainType
  public var hook: Hook
  public var priority: Priority
  /// What happens to a packet that no rule decided about; false is drop.
  public var accepts: Bool

  public init(_ type: ChainType, _ hook: Hook, _ priority: Priority, accepts: Bool = true) {
    self.type = type
    self.hook = hook
    self.priority = priority
    self.accepts = accepts
  }
}

/// A list of rules; with a hook the kernel calls it, without one only other chains do.
public struct Chain: Sendable, Equatable {
  public var name: String
  public var base: BaseHook?
  public var rules: [Rule]

  public init(_ name: String, _ base: BaseHook? = nil, rules: [Rule] = []) {
    self.name = name
    self.base = base
    self.rules = rules
  }
}

/// Expressions that a packet passes from left to right; the first that does not match ends the rule.
public struct Rule: Sendable, Equatable {
  /// Names the rule among those of its chain; kept in the kernel as the rule's comment, which `nft list` shows.
  public var key: String
  public var expressions: [Expression]
  /// The kernel's number, for rules that were read from it.
  public var handle: UInt64?

  public init(_ key: String, _ expressions: [Expression], handle: UInt64? = nil) {
    self.key = key
    self.expressions = expressions
    self.handle = handle
  }

  /// Whether two rules do the same, wherever they stand.
  public func isSame(as other: Rule) -> Bool { key == other.key && expressions == other.expressions }
}
