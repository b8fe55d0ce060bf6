import Addressing
import NetworkModel
import Testing

@testable import NetworkDrivers

@Suite struct PortAllocatorTests {
  private let any = IPAddress.v4(.any)
  private let any6 = IPAddress.v6(.any)

  private func range(_ text: String) throws -> PortRange { try #require(PortRange(text)) }

  @Test func aTakenPortIsRefusedInDockersWords() throws {
    var ports = PortAllocator(ephemeral: try range("32768-60999"))
    #expect(try ports.allocate(range("8080"), .tcp, on: [any, any6]) == 8080)
    #expect { try ports.allocate(range("8080"), .tcp, on: [any, any6]) } throws: {
      "\($0)" == "Bind for 0.0.0.0:8080 failed: port is already allocated"
    }
    #expect { try ports.allocate(range("8080"), .tcp, on: [any6]) } throws: {
      "\($0)" == "Bind for [::]:8080 failed: port is already allocated"
    }
    #expect(try ports.allocate(range("8080"), .udp, on: [any]) == 8080)
    // All addresses hold each single one, and each single one holds all.
    #expect(throws: NetworkError.self) { try ports.allocate(range("8080"), .tcp, on: [.v4(.loopback)]) }
    ports.release(8080, .tcp, on: any)
    #expect(try ports.allocate(range("8080"), .tcp, on: [.v4(.loopback)]) == 8080)
    #expect(throws: NetworkError.self) { try ports.allocate(range("8080"), .tcp, on: [any]) }
  }

  @Test func differentAddressesShareAPort() throws {
    var ports = PortAllocator(ephemeral: try range("32768-60999"))
    #expect(try ports.allocate(range("80"), .tcp, on: [.v4(.loopback)]) == 80)
    #expect(try ports.allocate(range("80"), .tcp, on: [.v4(IPv4Address(10, 0, 0, 1))]) == 80)
    #expect(try ports.allocate(range("80"), .tcp, on: [any6]) == 80)
  }

  @Test func automaticPortsGoRound() throws {
    var ports = PortAllocator(ephemeral: try range("40000-40002"), reserved: [40001])
    #expect(try ports.allocate(nil, .tcp, on: [any]) == 40000)
    ports.release(40000, .tcp, on: any)
    #expect(try ports.allocate(nil, .tcp, on: [any]) == 40002)
    #expect(try ports.allocate(nil, .tcp, on: [any]) == 40000)
    #expect { try ports.allocate(nil, .tcp, on: [any]) } throws: { "\($0)" == "all ports are allocated" }
    #expect(try ports.allocate(range("40001"), .tcp, on: [any]) == 40001)
  }

  @Test func aRangeGivesItsFreePorts() throws {
    var ports = PortAllocator(ephemeral: try range("32768-60999"))
    _ = try ports.allocate(range("8001"), .tcp, on: [any])
    #expect(try ports.allocate(range("8000-8003"), .tcp, on: [any], skipping: [8000]) == 8002)
    #expect(try ports.allocate(range("8000-8003"), .tcp, on: [any]) == 8003)
    #expect(try ports.allocate(range("8000-8003"), .tcp, on: [any]) == 8000)
    #expect(throws: NetworkError.self) { try ports.allocate(range("8000-8003"), .tcp, on: [any]) }
  }
}
