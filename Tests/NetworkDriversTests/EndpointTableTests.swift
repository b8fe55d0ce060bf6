import NetworkModel
import Testing

@testable import NetworkDrivers

@Suite struct EndpointTableTests {
  private func endpoint(_ id: String, _ network: String, _ sandbox: String) -> EndpointRecord {
    EndpointRecord(id: id, name: id, networkID: network, sandboxID: sandbox)
  }

  private func ids(_ endpoints: [EndpointRecord]) -> [String] { endpoints.map(\.id).sorted() }

  @Test func endpointsAreFoundByWhatTheyJoin() {
    var table = EndpointTable([endpoint("1", "A", "x"), endpoint("2", "A", "y"), endpoint("3", "B", "x")])
    #expect(ids(table.of(sandbox: "x")) == ["1", "3"])
    #expect(ids(table.on(network: "A")) == ["1", "2"])
    #expect(table.of(sandbox: "z").isEmpty && table.on(network: "C").isEmpty)
    #expect(!table.isEmpty(network: "B") && table.isEmpty(network: "C"))
    table["3"] = nil
    #expect(table.isEmpty(network: "B"))
    #expect(ids(table.of(sandbox: "x")) == ["1"])
    #expect(ids(Array(table.values)) == ["1", "2"])
    table["4"] = nil
    #expect(table["1"]?.networkID == "A" && table["3"] == nil)
  }

  @Test func oneThatChangesIsFoundAsItIsNow() {
    var table = EndpointTable([endpoint("1", "A", "x")])
    var changed = endpoint("1", "A", "x")
    changed.name = "new"
    table["1"] = changed
    #expect(table.of(sandbox: "x").map(\.name) == ["new"])
    #expect(table.on(network: "A").map(\.name) == ["new"])
    table["1"] = endpoint("1", "B", "y")
    #expect(table.of(sandbox: "x").isEmpty && table.isEmpty(network: "A"))
    #expect(ids(table.of(sandbox: "y")) == ["1"] && ids(table.on(network: "B")) == ["1"])
  }

  /// Whatever is done to it, the indices say what the list of all says.
  @Test(arguments: [1, 2, 3] as [UInt64]) func theIndicesAgreeWithTheList(seed: UInt64) {
    var random = seed
    func next(_ limit: UInt64) -> UInt64 {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (random >> 33) % limit
    }
    var table = EndpointTable()
    for _ in 0..<2000 {
      let id = String(next(20))
      table[id] = next(3) == 0 ? nil : endpoint(id, String(next(4)), String(next(4)))
    }
    for key in (0..<4).map(String.init) {
      #expect(ids(table.of(sandbox: key)) == ids(table.values.filter { $0.sandboxID == key }))
      #expect(ids(table.on(network: key)) == ids(table.values.filter { $0.networkID == key }))
      #expect(table.isEmpty(network: key) == table.on(network: key).isEmpty)
    }
  }
}
