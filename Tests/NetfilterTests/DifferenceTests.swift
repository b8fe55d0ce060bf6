import Netfilter
import Testing

@Suite struct DifferenceTests {
  /// The sample as if it had been read from the kernel, with handles.
  private var kernel: Table {
    var table = SampleTable.table
    var handle: UInt64 = 10
    for chain in table.chains.indices {
      for rule in table.chains[chain].rules.indices {
        handle += 1
        table.chains[chain].rules[rule].handle = handle
      }
    }
    return table
  }

  @Test func equalTablesNeedNothing() {
    #expect(Transaction.difference(from: kernel, to: SampleTable.table).isEmpty)
  }

  @Test func oneElementCostsOneMessage() {
    var desired = SampleTable.table
    desired.sets[0].elements.insert(
      Element([.address([10, 0, 0, 9]), .protocol(6), .port(9)], .data([.address([172, 17, 0, 9]), .port(9)])))
    #expect(Transaction.difference(from: kernel, to: desired).count == 1)
    #expect(Transaction.difference(from: desired, to: SampleTable.table).count == 1)
  }

  @Test func aChangedValueIsTakenAwayAndAdded() {
    var desired = SampleTable.table
    desired.sets[1].elements = [
      Element([.interface("a0"), .interface("a0")], .verdict(.drop)),
      Element([.interface("b0"), .interface("b0")], .verdict(.goto("other"))),
    ]
    #expect(Transaction.difference(from: kernel, to: desired).count == 2)
  }

  @Test func aRuleInTheMiddleCostsOneMessage() {
    var desired = SampleTable.table
    desired.chains[2].rules.insert(Rule("new", [.counter]), at: 1)
    #expect(Transaction.difference(from: kernel, to: desired).count == 1)
    desired.chains[2].rules.remove(at: 0)
    #expect(Transaction.difference(from: kernel, to: desired).count == 2)
  }

  @Test func anotherShapeMakesTheTableNew() {
    var desired = SampleTable.table
    desired.sets[0].key = [.ipv4Address, .port]
    desired.sets[0].elements = []
    var whole = Transaction()
    whole.add(desired)
    #expect(Transaction.difference(from: kernel, to: desired).count == whole.count + 1)
  }
}
