import HTTPService
import Testing

@testable import APIServer

@Suite struct InFlightLimitsTests {
  private let bob = User(name: "bob")

  private func info(_ method: HTTPService.Method) throws -> RequestInfo {
    let request = try Request(method, "/api/v1/namespaces/a/pods")
    return RequestInfo(method: method, segments: request.segments, query: request.query)
  }

  @Test func readersAndWritersAreCountedByThemselves() throws {
    let limits = InFlightLimits(reading: 2, writing: 1)
    let (read, write) = (try info(.get), try info(.post))
    let places = [limits.take(bob, read), limits.take(bob, read), limits.take(bob, write)]
    #expect(places.allSatisfy { $0 != nil })
    #expect(limits.take(bob, read) == nil && limits.take(bob, write) == nil)
    limits.end(try #require(places[0]))
    #expect(limits.take(bob, write) == nil && limits.take(bob, read) != nil)
  }

  @Test func administratorsAreNotRefused() throws {
    let limits = InFlightLimits(reading: 1, writing: 1)
    let masters = User(name: "root", groups: ["system:masters"])
    let first = try #require(limits.take(bob, try info(.get)))
    let more = try #require(limits.take(masters, try info(.get)))
    // Who was let in beyond the number leaves nothing free.
    limits.end(more)
    #expect(limits.take(bob, try info(.get)) == nil)
    limits.end(first)
    #expect(limits.take(bob, try info(.get)) != nil)
  }

  @Test func zeroIsNoLimit() throws {
    let limits = InFlightLimits(reading: 0, writing: 1)
    for _ in 0..<1000 { #expect(limits.take(bob, try info(.get)) != nil) }
  }
}
