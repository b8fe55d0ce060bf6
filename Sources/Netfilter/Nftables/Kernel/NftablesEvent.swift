import Netlink

/// What the kernel announces of nf_tables (NFNLGRP_NFTABLES): each object that a transaction changes, and the
/// transaction's end.
public enum NftablesEvent: Sendable, Equatable {
  /// Something of a table was made or deleted, or the table itself; of which chain, where it is a chain or its rule.
  case change(TableName, chain: String?)
  /// A transaction is complete; by the thread of this name (its `comm`, at most 15 bytes) and number, which is that of
  /// the kernel's first process namespace.
  case end(program: String, thread: Int32)

  /// Nil for messages that are not about nf_tables.
  public init?(_ message: NetlinkMessage) throws(NetlinkError) {
    guard message.type >> 8 == Nft.subsystem else { return nil }
    let attributes = try message.attributes(after: 4)
    if message.type == Nft.Message.newGeneration.type {
      let thread = attributes[Nft.generationThread]?.u32BigEndian
      self = .end(program: attributes[Nft.generationProgram]?.string ?? "", thread: Int32(bitPattern: thread ?? 0))
    } else {
      // The first attribute of all objects is the name of their table (NFTA_TABLE_NAME, NFTA_CHAIN_TABLE, …).
      guard let family = message.payload.first.flatMap({ Family(rawValue: $0) }),
        let table = attributes[Nft.tableName]?.string
      else { return nil }
      let chain: String? =
        switch Nft.Message(rawValue: message.type & 0xFF) {
        case .newChain, .deleteChain: attributes[Nft.chainName]?.string
        case .newRule, .deleteRule: attributes[Nft.ruleChain]?.string
        default: nil
        }
      self = .change(TableName(family, table), chain: chain)
    }
  }
}
