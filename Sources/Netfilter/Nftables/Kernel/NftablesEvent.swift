import Netlink

/// What the kernel announces of nf_tables (NFNLGRP_NFTABLES): each object that a transaction changes, and the
/// transaction's end.
public enum NftablesEvent: Sendable, Equatable {
  /// Something of a table with this name was made or deleted, or the table itself.
  case change(table: String)
  /// A transaction is complete; by the thread of this name (its `comm`, at most 15 bytes).
  case end(program: String)

  /// Nil for messages that are not about nf_tables.
  public init?(_ message: NetlinkMessage) throws(NetlinkError) {
    guard message.type >> 8 == Nft.subsystem else { return nil }
    let attributes = try message.attributes(after: 4)
    if message.type == Nft.Message.newGeneration.type {
      self = .end(program: attributes[Nft.generationProgram]?.string ?? "")
    } else {
      // The first attribute of all objects is the name of their table (NFTA_TABLE_NAME, NFTA_CHAIN_TABLE, …).
      guard let table = attributes[Nft.tableName]?.string else { return nil }
      self = .change(table: table)
    }
  }
}
