import Addressing
import DNS
import Testing

@testable import ContainerEngine

@Suite struct NameDirectoryTests {
  private func name(_ text: String) throws -> DomainName { try #require(DomainName(text)) }

  private func member(
    _ container: String, _ names: [String], _ addresses: [String]
  ) throws -> NameDirectory.Member {
    NameDirectory.Member(
      container: container, names: try names.map { try name($0) }, canonical: try name("\(container).front"),
      addresses: try addresses.map { try #require(IPAddress($0)) })
  }

  private func directory() throws -> NameDirectory {
    let directory = NameDirectory()
    directory.set(try member("one", ["one", "site"], ["10.0.0.2", "fd00::2"]), on: "F", called: try name("front"))
    directory.set(try member("two", ["two", "site"], ["10.0.0.3"]), on: "F", called: try name("front"))
    directory.set(try member("three", ["three"], ["10.1.0.2"]), on: "B", called: try name("back"))
    return directory
  }

  @Test func namesAreFoundOnTheAskersNetworksAlone() throws {
    let directory = try directory()
    #expect(directory.addresses(of: try name("ONE"), on: ["F"])?.map(\.description) == ["10.0.0.2", "fd00::2"])
    #expect(directory.addresses(of: try name("three"), on: ["F"]) == nil)
    #expect(directory.addresses(of: try name("three"), on: ["F", "B"])?.map(\.description) == ["10.1.0.2"])
  }

  @Test func aSharedNameGivesAllAddressesInTurn() throws {
    let directory = try directory()
    let first = try (0..<4).map { _ in try #require(directory.addresses(of: name("site"), on: ["F"])?.first) }
    #expect(Set(first.map(\.description)) == ["10.0.0.2", "10.0.0.3"])
    #expect(directory.addresses(of: try name("site"), on: ["F"])?.count == 3)
  }

  @Test func aNameMayNameItsNetwork() throws {
    let directory = try directory()
    #expect(directory.addresses(of: try name("two.front"), on: ["F"])?.map(\.description) == ["10.0.0.3"])
    #expect(directory.addresses(of: try name("three.front"), on: ["F", "B"]) == nil)
    #expect(directory.addresses(of: try name("three.back"), on: ["F"]) == nil)
  }

  @Test func addressesLeadBackToNames() throws {
    let directory = try directory()
    let address: IPAddress = try #require(IPAddress("10.0.0.3"))
    #expect(directory.name(of: address, on: ["F"]) == (try name("two.front")))
    #expect(directory.name(of: address, on: ["B"]) == nil)
  }

  @Test func whoLeavesIsForgotten() throws {
    let directory = try directory()
    directory.remove("one", from: "F")
    directory.remove("one", from: "F")
    #expect(directory.addresses(of: try name("one"), on: ["F"]) == nil)
    #expect(directory.addresses(of: try name("site"), on: ["F"])?.map(\.description) == ["10.0.0.3"])
    // Replaced under another name.
    directory.set(try member("two", ["new"], ["10.0.0.3"]), on: "F", called: try name("front"))
    #expect(directory.addresses(of: try name("two"), on: ["F"]) == nil)
    #expect(directory.addresses(of: try name("new"), on: ["F"])?.count == 1)
  }

  @Test func theResolverAnswersForwardsOrKeepsSilent() throws {
    let directory = try directory()
    var surroundings = SandboxResolver.Surroundings()
    surroundings.networks = ["F"]
    surroundings.links = [try name("db"): try name("two")]
    let resolver = SandboxResolver(directory, surroundings)
    func ask(_ text: String, _ type: RecordType) throws -> Disposition {
      resolver.handle(Question(try name(text), type))
    }
    guard case .answer(let linked, _) = try ask("db", .a) else { throw Unexpected() }
    #expect(linked.map(\.data) == [.a(IPv4Address(10, 0, 0, 3))])
    // A name of ours has no other records, and is nobody else's business.
    guard case .answer(let none, _) = try ask("two", .aaaa) else { throw Unexpected() }
    #expect(none.isEmpty)
    guard case .answer(let mail, _) = try ask("two", .mx) else { throw Unexpected() }
    #expect(mail.isEmpty)
    guard case .answer(let pointer, _) = try ask("2.0.0.10.in-addr.arpa", .ptr) else { throw Unexpected() }
    #expect(pointer.map(\.data) == [.ptr(try name("one.front"))])
    // An internal network leads nowhere (CVE-2024-29018).
    guard case .code(.serverFailure) = try ask("example.org", .a) else { throw Unexpected() }
    surroundings.upstreams = [Upstream(try #require(IPAddress("192.0.2.53")))]
    resolver.change(surroundings)
    guard case .forward(let upstreams) = try ask("example.org", .txt) else { throw Unexpected() }
    #expect(upstreams.count == 1)
    surroundings.keepsSingleLabels = true
    resolver.change(surroundings)
    guard case .answer = try ask("printer", .a) else { throw Unexpected() }
  }

  private struct Unexpected: Error {}
}
