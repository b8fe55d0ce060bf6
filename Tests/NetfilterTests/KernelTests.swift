import Netfilter
import Testing

/// Against the kernel, each in a network namespace of its own (root).
@Suite struct NftablesKernelTests {
  @Test func whatIsWrittenIsReadBack() async throws {
    try await TestNamespace.run {
      let connection = try NftablesConnection()
      var transaction = Transaction()
      transaction.add(SampleTable.table)
      try connection.commit(transaction)
      let snapshot = try connection.snapshot(SampleTable.table.name)
      let table = try #require(snapshot.table)
      #expect(table.text == SampleTable.table.text)
      #expect(Set(table.sets.map(\.name)) == Set(SampleTable.table.sets.map(\.name)))
      for chain in SampleTable.table.chains {
        let actual = try #require(table.chain(chain.name))
        #expect(actual.base == chain.base)
        #expect(actual.rules.map(\.expressions) == chain.rules.map(\.expressions))
        #expect(actual.rules.map(\.key) == chain.rules.map(\.key))
      }
      #expect(Transaction.difference(from: table, to: SampleTable.table).isEmpty)
      // nft itself understands all of it.
      let listed = try TestNamespace.command("/usr/sbin/nft", ["-j", "list", "ruleset"])
      #expect(listed.contains("\"prefix\": {\"addr\": \"127.0.0.0\", \"len\": 8}"))
      #expect(!listed.contains("\"xt\""))
    }
  }

  @Test func nftReadsOurTextAsTheSameTable() async throws {
    try await TestNamespace.run {
      try TestNamespace.command("/usr/sbin/nft", ["-f", "-"], input: SampleTable.table.text)
      let read = try #require(try NftablesConnection().snapshot(SampleTable.table.name).table)
      for set in SampleTable.table.sets {
        #expect(read.set(set.name)?.elements == set.elements)
        #expect(read.set(set.name)?.key == set.key)
      }
      #expect(read.chains.map(\.name) == SampleTable.table.chains.map(\.name))
      #expect(read.chains.map { $0.rules.map(\.key) } == SampleTable.table.chains.map { $0.rules.map(\.key) })
    }
  }

  @Test func aDifferenceRepairsWhatSomebodyChanged() async throws {
    try await TestNamespace.run {
      let connection = try NftablesConnection()
      let name = SampleTable.table.name
      var transaction = Transaction()
      transaction.add(SampleTable.table)
      try connection.commit(transaction)
      try TestNamespace.command(
        "/usr/sbin/nft", ["-f", "-"],
        input: """
          insert rule inet sample forward tcp dport 22 drop
          add rule inet sample forward udp dport 53 accept
          add chain inet sample intruder
          add rule inet sample intruder accept
          delete element inet sample links { "a0" . "a0" }
          add element inet sample ports { 10.9.9.9 . tcp . 1 : 1.2.3.4 . 5 }
          add set inet sample more { type ipv4_addr; }
          """)
      let foreignHandle = try TestNamespace.command("/usr/sbin/nft", ["-a", "list", "chain", "inet", "sample", "post"])
      let handle = try #require(
        foreignHandle.split(separator: "\n").first { $0.contains("\"own\"") }?.split(separator: " ").last)
      try TestNamespace.command(
        "/usr/sbin/nft", ["delete", "rule", "inet", "sample", "post", "handle", String(handle)])

      let broken = try connection.snapshot(name)
      let repair = Transaction.difference(from: broken.table, to: SampleTable.table)
      #expect(!repair.isEmpty)
      try connection.commit(repair, from: broken.generation)
      let mended = try #require(try connection.snapshot(name).table)
      #expect(mended.text == SampleTable.table.text)
    }
  }

  @Test func aRefusalNamesItsObjectAndChangesNothing() async throws {
    try await TestNamespace.run {
      let connection = try NftablesConnection()
      let name = TableName(.inet, "half")
      var transaction = Transaction()
      transaction.add(name)
      transaction.add(SampleTable.ports, to: name)
      transaction.delete(
        [Element([.address([9, 9, 9, 9]), .protocol(6), .port(9)])], from: SampleTable.ports, in: name)
      #expect { try connection.commit(transaction) } throws: {
        let error = $0 as? NftablesError
        return error?.code == .notFound
          && error?.message.contains("delete element 9.9.9.9 . tcp . 9 of inet half ports") == true
      }
      #expect(try connection.tables().isEmpty)
    }
  }

  @Test func anOutdatedTransactionIsRefused() async throws {
    try await TestNamespace.run {
      let connection = try NftablesConnection()
      let generation = try connection.generation()
      var first = Transaction()
      first.add(TableName(.ipv4, "one"))
      try connection.commit(first, from: generation)
      var second = Transaction()
      second.add(TableName(.ipv4, "two"))
      #expect { try connection.commit(second, from: generation) } throws: {
        ($0 as? NftablesError)?.code == .outdated
      }
      #expect(try connection.tables() == [TableName(.ipv4, "one")])
    }
  }

  @Test func manyElementsGoInOneTransaction() async throws {
    try await TestNamespace.run {
      let connection = try NftablesConnection()
      let name = TableName(.inet, "many")
      var set = NamedSet("many", key: [.ipv4Address, .port])
      for index in 0..<20_000 {
        set.elements.insert(
          Element([.address([10, UInt8(index >> 16), UInt8(index >> 8 & 255), UInt8(index & 255)]), .port(80)]))
      }
      var transaction = Transaction()
      transaction.add(Table(name, sets: [set]))
      try connection.commit(transaction)
      #expect(try connection.snapshot(name).table?.set("many")?.elements == set.elements)
      var removal = Transaction()
      removal.delete(set.elements, from: set, in: name)
      try connection.commit(removal)
      #expect(try connection.snapshot(name).table?.set("many")?.elements.isEmpty == true)
    }
  }
}
