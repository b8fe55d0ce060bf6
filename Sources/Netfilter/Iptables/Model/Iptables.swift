/// The words of iptables(8) and ip6tables(8): rules of one family as values, and the text that their programs read and
/// print. Whether the programs are of the nft or of the legacy kind makes no difference to either.
public enum Iptables {
  /// A table of the kernel's, with its built-in chains: everybody's, unlike those of nf_tables.
  public enum TableName: String, Sendable, Hashable, CaseIterable {
    /// In the order in which rules are added, so that nothing leads to a container before it is protected.
    case raw, filter, nat
  }

  /// Where rules of ours stand among everybody's in a built-in chain.
  public enum Place: Sendable, Hashable { case first, last }

  /// A chain of our own.
  public struct Chain: Sendable, Hashable {
    public var name: String
    public var rules: [Rule]
    /// Whether the rules' order matters: where it does not, a rule more or less is one line of a transaction.
    public var isOrdered: Bool

    public init(_ name: String, isOrdered: Bool, rules: [Rule] = []) {
      self.name = name
      self.isOrdered = isOrdered
      self.rules = rules
    }
  }

  /// The rules of ours in a chain of everybody's. They are known by their comment, and others are never touched.
  public struct Entrance: Sendable, Hashable {
    public var chain: String
    public var place: Place
    public var rules: [Rule]

    public init(_ chain: String, _ place: Place, rules: [Rule]) {
      self.chain = chain
      self.place = place
      self.rules = rules
    }
  }

  /// What one table holds of ours.
  public struct Table: Sendable, Hashable {
    public var name: TableName
    public var chains: [Chain]
    public var entrances: [Entrance]
    /// Chains of the host's owner: made where they are missing, and what they hold is left alone.
    public var sharedChains: [String]

    public init(_ name: TableName, chains: [Chain], entrances: [Entrance], sharedChains: [String] = []) {
      self.name = name
      self.chains = chains
      self.entrances = entrances
      self.sharedChains = sharedChains
    }

    /// The chain with this name.
    public func chain(_ name: String) -> Chain? { chains.first { $0.name == name } }
  }
}
