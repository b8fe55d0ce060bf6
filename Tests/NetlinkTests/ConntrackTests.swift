import Addressing
import Linux
import Netlink
import Testing

@Suite struct ConntrackTests {
  struct Flow {
    var transport: TransportProtocol
    var source: String
    var sourcePort: UInt16
    var destination: String
    var destinationPort: UInt16
    /// The server behind a translated destination.
    var server: String
    var zone: UInt16 = 0
  }

  /// Puts a connection into the kernel's table, as conntrack -I does.
  func insert(_ flow: Flow) throws -> NetlinkRequest {
    let source = try #require(IPAddress(flow.source))
    let destination = try #require(IPAddress(flow.destination))
    let server = try #require(IPAddress(flow.server))
    func tuple(
      _ writer: inout MessageWriter, _ type: UInt16, _ from: IPAddress, _ fromPort: UInt16, _ to: IPAddress,
      _ port: UInt16
    ) {
      writer.nested(AttributeType(type, "CTA_TUPLE")) {
        $0.nested(1) {
          $0.attribute(from.family == .v4 ? 1 : 3, bytes: from.bytes)
          $0.attribute(to.family == .v4 ? 2 : 4, bytes: to.bytes)
        }
        $0.nested(2) {
          $0.attribute(1, flow.transport.number)
          $0.attribute(2, bigEndian: fromPort)
          $0.attribute(3, bigEndian: port)
        }
      }
    }
    return NetlinkRequest(0x100, [.create, .exclusive, .acknowledge], purpose: "insert connection") {
      $0.netfilterHeader(family: source.family == .v4 ? 2 : 10)
      tuple(&$0, 1, source, flow.sourcePort, destination, flow.destinationPort)
      tuple(&$0, 2, server, flow.destinationPort, source, flow.sourcePort)
      $0.attribute(7, bigEndian: UInt32(100))
      if flow.transport == .tcp { $0.nested(4) { $0.nested(1) { $0.attribute(1, UInt8(3)) } } }
      if flow.zone != 0 { $0.attribute(18, bigEndian: flow.zone) }
    }
  }

  let flows = [
    Flow(
      transport: .udp, source: "10.0.0.9", sourcePort: 5000, destination: "10.0.0.1", destinationPort: 53,
      server: "172.17.0.2"),
    Flow(
      transport: .udp, source: "10.0.0.9", sourcePort: 5001, destination: "10.0.0.1", destinationPort: 53,
      server: "172.17.0.3"),
    Flow(
      transport: .tcp, source: "10.0.0.9", sourcePort: 5002, destination: "10.0.0.1", destinationPort: 80,
      server: "172.17.0.2"),
    Flow(
      transport: .udp, source: "fd00::9", sourcePort: 5003, destination: "fd00::1", destinationPort: 53,
      server: "fd00:1::2"),
    Flow(
      transport: .udp, source: "10.0.0.9", sourcePort: 5004, destination: "10.0.0.1", destinationPort: 53,
      server: "172.17.0.2",
      zone: 7),
  ]

  @Test func connectionsAreListedAndDeletedByFilter() async throws {
    try await inNamespace { _ in
      let socket = try NetfilterSocket()
      try socket.perform(flows.map { try insert($0) })
      let all = try socket.connections()
      #expect(all.count == 5)
      let tcp = try #require(all.first { $0.original.transport == .tcp })
      #expect(tcp.original.destinationPort == 80 && tcp.reply.source == IPAddress("172.17.0.2"))
      #expect(tcp.tcpState == 3 && (1...100).contains(tcp.timeout))
      #expect(try socket.connections(family: .v6).count == 1)
      #expect(try socket.deleteConnections(matching: []) == 0)
      #expect(try socket.deleteConnections(matching: [ConntrackFilter()]) == 0)

      // The stale entries of one published UDP port whose container is gone.
      var stale = ConntrackFilter(transport: .udp)
      stale.originalDestinationPort = 53
      stale.replySource = IPAddress("172.17.0.2")
      stale.zone = 0
      #expect(try socket.deleteConnections(matching: [stale]) == 1)
      #expect(try Set(socket.connections().compactMap(\.original.sourcePort)) == [5001, 5002, 5003, 5004])
      stale.zone = 7
      #expect(try socket.deleteConnections(matching: [stale]) == 1)
      for address in [try #require(IPAddress("fd00:1::2")), try #require(IPAddress("172.17.0.2"))] {
        #expect(try socket.deleteConnections(matching: ConntrackFilter.involving(address)) == 1)
      }
      #expect(try socket.connections().compactMap(\.original.sourcePort) == [5001])
      let gone = #expect(throws: NetlinkError.self) { try socket.perform(.deleteConntrack(tcp)) }
      #expect(gone?.errno == .noEntry)
    }
  }

  @Test func manyConnections() async throws {
    try await inNamespace { _ in
      let socket = try NetfilterSocket()
      var flow = flows[0]
      var requests: [NetlinkRequest] = []
      for port in 1...3000 {
        flow.sourcePort = UInt16(port)
        requests.append(try insert(flow))
      }
      try socket.perform(requests)
      #expect(try socket.connections().count == 3000)
      #expect(try socket.deleteConnections(matching: [ConntrackFilter(transport: .udp)]) == 3000)
      #expect(try socket.connections().isEmpty)
    }
  }
}
