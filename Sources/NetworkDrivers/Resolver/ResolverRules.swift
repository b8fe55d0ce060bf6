import Netfilter

/// The rules in a sandbox that lead port 53 of 127.0.0.11 to the ports of the resolver's sockets, and back.
///
/// Ports are exchanged in the packets, at the last moment before they come to the socket and at the first after they have
/// left it: whatever else looks at packets in the sandbox sees port 53 only. Nothing is translated by connection tracking,
/// which would follow all packets of a sandbox from then on, names or not, and costs more than the answer itself.
enum ResolverRules {
  static let table = TableName(.ipv4, "apus-resolver")
  static let address: [UInt8] = [127, 0, 0, 11]
  private static let port: UInt16 = 53
  private static let questions = "questions"
  private static let answers = "answers"

  /// The table that leads to these ports. Packets that have nothing to do with it pass one comparison each way.
  static func wanted(datagrams: UInt16, connections: UInt16) -> Table {
    Table(
      table,
      chains: [
        Chain(questions, rules: [inward(.datagrams, to: datagrams), inward(.connections, to: connections)]),
        Chain(
          answers,
          rules: [
            outward(.datagrams, from: datagrams), outward(.connections, from: connections), refusal(of: datagrams),
          ]),
        // After all filters of the container's own, before the sockets; and only what this sandbox itself asks.
        Chain(
          "input", BaseHook(.filter, .input, Priority(300)),
          rules: [
            Rule(
              "own",
              Match.interface(.inputName, "lo") + Match.network(.destination4, address, prefixLength: 32) + [
                .verdict(.jump(questions))
              ])
          ]),
        Chain(
          "output", BaseHook(.filter, .output, .raw),
          rules: [
            Rule("own", Match.network(.source4, address, prefixLength: 32) + [.verdict(.jump(answers))])
          ]),
      ])
  }

  /// The ports to which the rules lead that are there already. With the same ones nothing has to be changed after a
  /// restart of the engine: the kernel takes some 15 ms to change rules, and a host may have hundreds of sandboxes.
  static func ports(_ table: Table?) -> (datagrams: UInt16?, connections: UInt16?) {
    func port(_ transport: Transport) -> UInt16? {
      let rule = table?.chain(questions)?.rules.first { $0.key == transport.name }
      for case .load(let bytes, _) in rule?.expressions ?? [] where bytes.count == 2 {
        return UInt16(bytes[0]) << 8 | UInt16(bytes[1])
      }
      return nil
    }
    return (port(.datagrams), port(.connections))
  }

  private struct Transport {
    var name: String
    var number: UInt8
    /// Where its header has the checksum.
    var checksum: UInt32
    static let datagrams = Transport(name: "udp", number: 17, checksum: 6)
    static let connections = Transport(name: "tcp", number: 6, checksum: 16)
  }

  private static func inward(_ transport: Transport, to port: UInt16) -> Rule {
    Rule(transport.name, exchange(transport, at: 2, bytes(Self.port), by: bytes(port)))
  }

  private static func outward(_ transport: Transport, from port: UInt16) -> Rule {
    Rule(transport.name, exchange(transport, at: 0, bytes(port), by: bytes(Self.port)))
  }

  private static func exchange(
    _ transport: Transport, at offset: UInt32, _ old: [UInt8], by new: [UInt8]
  ) -> [Expression] {
    [
      .meta(.transportProtocol, into: first), .compare(first, .equal, [transport.number]),
      .payload(.transport, offset: offset, length: 2, into: first), .compare(first, .equal, old),
      .load(new, into: first),
      .setPayload(.transport, offset: offset, length: 2, from: first, checksum: transport.checksum),
      .verdict(.accept),
    ]
  }

  /// While nobody serves the port the kernel says so to who asks, in a message that quotes the question (RFC 792): with
  /// the port that it had come to, which the client would not know for its own question.
  private static func refusal(of port: UInt16) -> Rule {
    Rule(
      "refusal",
      [
        .meta(.transportProtocol, into: first), .compare(first, .equal, [1]),
        // Destination unreachable, port unreachable.
        .payload(.transport, offset: 0, length: 2, into: first), .compare(first, .equal, [3, 3]),
        // The quoted header of 20 bytes, UDP, and its destination.
        .payload(.transport, offset: 8, length: 1, into: first), .compare(first, .equal, [0x45]),
        .payload(.transport, offset: 17, length: 1, into: first), .compare(first, .equal, [17]),
        .payload(.transport, offset: 24, length: 4, into: first), .compare(first, .equal, address),
        .payload(.transport, offset: 30, length: 2, into: first), .compare(first, .equal, bytes(port)),
        .load(bytes(Self.port), into: first),
        .setPayload(.transport, offset: 30, length: 2, from: first, checksum: 2), .verdict(.accept),
      ])
  }

  private static let first = Register(0)
  private static func bytes(_ port: UInt16) -> [UInt8] { [UInt8(port >> 8), UInt8(truncatingIfNeeded: port)] }
}
