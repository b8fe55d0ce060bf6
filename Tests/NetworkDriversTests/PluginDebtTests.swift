import Addressing
import AsyncWork
import KeyValueStore
import Linux
import NetworkModel
import Testing

@testable import NetworkDrivers

/// What plugins are owed, against one that answers what it is told to.
struct PluginDebtTests {
  private let refusal = FakePlugin.Answer(body: #"{"Err": "boom"}"#)

  /// A plugin `p`, and an engine's view of it.
  private func with(
    request: Duration = .seconds(60),
    _ body: (FakePlugin, Plugins, MemoryStore, _ another: () throws -> Plugins, _ path: String) async throws -> Void
  ) async throws {
    let directory = "/tmp/apus-debt-\(UInt32.random(in: 0 ... .max))"
    try FileSystem.makeDirectory(directory)
    defer { try? FileSystem.removeTree(directory) }
    var configuration = NetworkConfiguration(instance: "lab", runDirectory: directory)
    configuration.pluginDirectories = [directory]
    configuration.pluginConnectTime = .milliseconds(50)
    configuration.pluginRequestTime = request
    let settled = configuration
    let store = MemoryStore()
    let pool = try BlockingPool(name: "plugins")
    let fake = try plugin(directory + "/p.sock")
    let plugins = Plugins(settled, store: store, pool: pool)
    try await body(
      fake, plugins, store, { Plugins(settled, store: store, pool: pool) }, directory + "/p.sock")
    plugins.stopPaying()
    try fake.stop()
  }

  /// One that agrees to every teardown.
  private func plugin(_ path: String) throws -> FakePlugin {
    let fake = try FakePlugin(path)
    for call in [
      "NetworkDriver.Leave", "NetworkDriver.DeleteEndpoint", "NetworkDriver.DeleteNetwork", "IpamDriver.ReleaseAddress",
      "IpamDriver.ReleasePool",
    ] { fake.answer(call, "{}") }
    return fake
  }

  private struct Subject: Encodable {
    var NetworkID: String?
    var EndpointID: String?
    var PoolID: String?
    var Address: String?
  }

  private func call(_ method: String, _ subject: Subject, _ kind: PluginKind = .networkDriver) throws -> OwedCall {
    try OwedCall("p", kind, method, subject, about: "a test")
  }

  private func leave(_ endpoint: String = "e") throws -> OwedCall {
    try call("Leave", Subject(NetworkID: "n", EndpointID: endpoint))
  }

  private func deleteEndpoint(_ endpoint: String = "e") throws -> OwedCall {
    try call("DeleteEndpoint", Subject(NetworkID: "n", EndpointID: endpoint))
  }

  @Test func whatIsAnsweredIsNotOwed() async throws {
    try await with { fake, plugins, store, _, _ in
      try await plugins.tell(try leave(), plugins.patience())
      #expect(fake.methods == ["Plugin.Activate", "NetworkDriver.Leave"])
      #expect(fake.calls.last?.body == #"{"EndpointID":"e","NetworkID":"n"}"#)
      #expect(!plugins.debts.owes("p"))
      #expect(try await store.list(prefix: "").isEmpty)
    }
  }

  @Test(arguments: [
    FakePlugin.Answer(body: #"{"Err": "boom"}"#), FakePlugin.Answer(status: 500, body: "out of cheese"),
    FakePlugin.Answer(closes: true), FakePlugin.Answer(hangs: true),
  ])
  func whatIsRefusedOrNotAnsweredIsSaidAgain(_ answer: FakePlugin.Answer) async throws {
    try await with(request: answer.hangs ? .seconds(2) : .seconds(60)) { fake, plugins, store, _, _ in
      fake.answer("NetworkDriver.DeleteEndpoint", answer)
      try await plugins.tell(try deleteEndpoint(), plugins.patience())
      #expect(plugins.debts.owes("p"))
      #expect(try await store.list(prefix: "plugin-call/").count == 1)
      fake.answer("NetworkDriver.DeleteEndpoint", "{}")
      try await eventually { !plugins.debts.owes("p") }
      #expect(fake.methods.filter { $0 == "NetworkDriver.DeleteEndpoint" }.count >= 2)
      try await eventually { try await store.list(prefix: "").isEmpty }
    }
  }

  @Test func anotherStartOfTheEngineSaysItInOrder() async throws {
    try await with { fake, plugins, store, another, _ in
      fake.answer("NetworkDriver.Leave", refusal)
      fake.answer("NetworkDriver.DeleteEndpoint", refusal)
      for endpoint in ["a", "b"] {
        try await plugins.tell(try leave(endpoint), plugins.patience())
        try await plugins.tell(try deleteEndpoint(endpoint), plugins.patience())
      }
      plugins.stopPaying()
      fake.answer("NetworkDriver.Leave", "{}")
      fake.answer("NetworkDriver.DeleteEndpoint", "{}")
      let before = fake.calls.count
      let second = try another()
      try await second.payDebts()
      try await eventually { !second.debts.owes("p") }
      var said: [String] = []
      for call in fake.calls.dropFirst(before) where call.method != "Plugin.Activate" {
        let words = "\(call.method) \(call.body.contains("\"a\"") ? "a" : "b")"
        // What the first one was just saying may come twice.
        if !said.contains(words) { said.append(words) }
      }
      #expect(
        said == [
          "NetworkDriver.Leave a", "NetworkDriver.DeleteEndpoint a", "NetworkDriver.Leave b",
          "NetworkDriver.DeleteEndpoint b",
        ])
      #expect(try await store.list(prefix: "").isEmpty)
      second.stopPaying()
    }
  }

  @Test func whatComesLaterMakesNeedlessWhatCameBefore() async throws {
    try await with { fake, plugins, store, _, _ in
      fake.answer("NetworkDriver.Leave", refusal)
      try await plugins.tell(try leave(), plugins.patience())
      try await plugins.tell(try leave("other"), plugins.patience())
      #expect(plugins.debts.debts(to: "p").count == 2)
      try await plugins.tell(try deleteEndpoint(), plugins.patience())
      #expect(plugins.debts.debts(to: "p").map(\.call) == [try leave("other")])
      try await plugins.tell(try call("DeleteNetwork", Subject(NetworkID: "n")), plugins.patience())
      #expect(!plugins.debts.owes("p"))
      #expect(try await store.list(prefix: "").isEmpty)
    }
  }

  @Test func theSameIsOwedOnce() async throws {
    try await with { fake, plugins, _, _, _ in
      fake.answer("NetworkDriver.Leave", refusal)
      for _ in 0..<3 { try await plugins.tell(try leave(), plugins.patience()) }
      #expect(plugins.debts.debts(to: "p").count == 1)
    }
  }

  @Test func whoeverIsThereAgainHearsItBeforeAnythingNew() async throws {
    try await with { fake, plugins, _, _, path in
      try await plugins.tell(try leave("x"), plugins.patience())
      try fake.stop()
      try FileSystem.removeFile(path)
      try await plugins.tell(try deleteEndpoint(), plugins.patience())
      #expect(plugins.debts.owes("p"))
      let again = try plugin(path)
      await plugins.payFirst("p", plugins.patience())
      #expect(!plugins.debts.owes("p"))
      #expect(again.methods == ["Plugin.Activate", "NetworkDriver.DeleteEndpoint"])
      try again.stop()
    }
  }

  @Test func aNetworkWhosePluginIsNotThereIsNotTold() async throws {
    try await with { fake, plugins, _, _, path in
      try await plugins.tell(try leave("x"), plugins.patience())
      try fake.stop()
      try FileSystem.removeFile(path)
      let gone = try call("DeleteNetwork", Subject(NetworkID: "n"))
      await #expect { try await plugins.tell(gone, needsListener: true, plugins.patience()) } throws: {
        ($0 as? NetworkError)?.code == .unavailable
      }
      #expect(!plugins.debts.owes("p"))
    }
  }

  @Test func whatMustNotBeSaidTwiceIsNotSaidAgainWhereItMayHaveBeenHeard() async throws {
    try await with { fake, plugins, _, _, _ in
      let release = try call("ReleaseAddress", Subject(PoolID: "x", Address: "10.0.0.9"), .ipamDriver)
      fake.answer("IpamDriver.ReleaseAddress", FakePlugin.Answer(closes: true))
      try await plugins.tell(release, isRepeatable: false, plugins.patience())
      #expect(!plugins.debts.owes("p"))
      // One that is refused has not been carried out.
      fake.answer("IpamDriver.ReleaseAddress", FakePlugin.Answer(body: #"{"Error": "boom"}"#))
      try await plugins.tell(release, isRepeatable: false, plugins.patience())
      #expect(plugins.debts.owes("p"))
    }
  }

  @Test func whatThePluginGivesAnewIsNotOwed() async throws {
    try await with { fake, plugins, store, _, _ in
      fake.answer("IpamDriver.ReleaseAddress", FakePlugin.Answer(body: #"{"Error": "boom"}"#))
      fake.answer("IpamDriver.RequestAddress", #"{"Address": "10.0.0.9/24"}"#)
      let ipam = IPAMPlugin(name: "p", plugins: plugins)
      let subnet: IPCIDR = try #require(IPCIDR("10.0.0.0/24"))
      for text in ["10.0.0.9", "10.0.0.8"] {
        let address: IPAddress = try #require(IPAddress(text))
        try await ipam.releaseAddress(address, of: "x", about: "a test", isShared: false, plugins.patience())
      }
      #expect(plugins.debts.debts(to: "p").count == 2)
      _ = try await ipam.requestAddress(nil, of: "x", subnet, options: [:], plugins.patience())
      #expect(plugins.debts.debts(to: "p").map { $0.call.body.contains("10.0.0.8") } == [true])
      fake.answer("IpamDriver.RequestPool", #"{"PoolID": "x", "Pool": "10.0.0.0/24"}"#)
      _ = try await ipam.requestPool(nil, part: nil, in: "s", options: [:], .v4, plugins.patience())
      #expect(!plugins.debts.owes("p"))
      try await eventually { try await store.list(prefix: "").isEmpty }
    }
  }

  @Test func whatCannotBeReadIsLeftAlone() async throws {
    try await with { _, _, store, another, _ in
      try await store.put("plugin-call/00000000000000000007", Array("nonsense".utf8))
      let plugins = try another()
      try await plugins.payDebts()
      #expect(plugins.debts.creditors == [])
      try await plugins.debts.add(try leave())
      #expect(
        try await store.list(prefix: "").map(\.key) == [
          "plugin-call/00000000000000000007", "plugin-call/00000000000000000008",
        ])
      plugins.stopPaying()
    }
  }
}
