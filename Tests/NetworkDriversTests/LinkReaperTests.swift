import Linux
import Netlink
import Testing

@testable import NetworkDrivers

/// Deleting links, against the kernel (root).
@Suite(.serialized) struct LinkReaperTests {
  /// The kernel's own link cannot be deleted: it is told of, and those behind it are gone all the same.
  @Test func oneThatCannotGoKeepsNoOther() async throws {
    try await Lab.with { lab in
      let (host, outside) = (lab.host, lab.outside)
      func make(_ name: String) async throws {
        _ = try await Lab.onThread {
          try RouteSocket(in: host).createLink(
            NewLink(.veth(peer: LinkSettings(name: name + "p", namespace: outside)), LinkSettings(name: name)))
        }
      }
      func isThere(_ name: String) async throws -> Bool {
        try await Lab.onThread { try RouteSocket(in: host).link(.name(name)) != nil }
      }
      let reaper = try await Lab.onThread { try LinkReaper(in: host) }
      try await make("one0")
      await #expect(throws: (any Error).self) { try await reaper.delete(["lo", "one0"]) }
      #expect(try await !isThere("one0"))
      let place = try await Lab.onThread { try HostNetwork(in: host) }
      try await make("two0")
      await #expect(throws: (any Error).self) { try await reaper.delete(["lo", "two0"], in: place) }
      #expect(try await !isThere("two0"))
      try await make("three0")
      await #expect(throws: (any Error).self) {
        try await Lab.onThread { try HostNetwork.deleteLinks(["lo", "three0"], in: host) }
      }
      #expect(try await !isThere("three0"))
    }
  }
}
