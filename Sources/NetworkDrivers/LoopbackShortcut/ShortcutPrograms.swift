import Linux

/// The programs that lead connections past translation, and tell their owners nothing of it.
///
/// A connection to 127.0.0.1 that the firewall's rules translate pays for it with each packet: both addresses are changed
/// on the way out and on the way back, and a packet whose destination was changed is routed a second time. A connection
/// whose destination is changed once, when it is asked for, pays nothing after that. Its container sees the same client
/// in both cases, the host's address on the bridge.
enum ShortcutPrograms {
  /// The table that `connect` reads: `ShortcutEntry`.
  static let entriesName = "apus_shortcuts"
  /// Where `connect` writes down what was asked for, by the socket's number.
  static let peersName = "apus_peers"
  static let peersKeySize = 8
  /// The address and port that were asked for, two bytes of nothing, those that were taken, two bytes of nothing.
  static let peersValueSize = 16

  static func name(_ hook: CgroupHook) -> String {
    switch hook {
    case .connect4: "apus_connect"
    case .peerName4: "apus_peername"
    case .socketName4: "apus_sockname"
    }
  }

  /// The program for a hook.
  /// - Parameters:
  ///   - entries: the descriptor of the table.
  ///   - peers: the descriptor of what was asked for.
  ///   - tellsMultipath: whether the kernel can tell MPTCP's connections, see `connect`.
  static func program(
    _ hook: CgroupHook, entries: Int32, peers: Int32, tellsMultipath: Bool
  ) -> [BPFInstruction] {
    switch hook {
    case .connect4: connect(entries: entries, peers: peers, tellsMultipath: tellsMultipath)
    case .peerName4: peerName(peers: peers)
    case .socketName4: socketName(peers: peers)
    }
  }

  // MARK: what programs are given (linux/bpf.h)

  /// `struct bpf_sock_addr`.
  private enum Context {
    static let address: Int16 = 4
    static let port: Int16 = 24
    static let `protocol`: Int16 = 36
    static let socket: Int16 = 64
  }

  /// `struct bpf_sock`.
  private enum Socket {
    static let boundLink: Int16 = 0
    static let sourceAddress: Int16 = 24
    static let destinationAddress: Int16 = 52
  }

  private static let tcp: Int32 = 6
  /// 127.0.0.1 in the order in which it is sent, as a little-endian machine reads it.
  private static let loopback: Int32 = 0x0100_007F

  /// Every end says "go on": no connection is refused here.
  private static let end: [BPFInstruction] = [.label("pass"), .set(.r0, 1), .exit]

  // MARK: connect

  /// Sends a connection to where the table says.
  ///
  /// Left alone, and so translated by the firewall's rules, are: what is not TCP; sockets that were bound to an address or
  /// a link, because a packet from 127.0.0.1 must not leave the host and one from another address is not ours to judge;
  /// other namespaces, and so containers' own 127.0.0.1; and MPTCP, which connects by way of a socket of its own, so that
  /// the names that are told to the client would be wrong. Where the kernel cannot tell MPTCP it is sent on with the
  /// container's address as the peer's.
  ///
  /// A socket that connects again, after a refusal or without blocking, comes here again only for a new attempt. When
  /// what was asked for cannot be written down, the connection takes the long way.
  private static func connect(entries: Int32, peers: Int32, tellsMultipath: Bool) -> [BPFInstruction] {
    let key: Int16 = -16
    let cookie: Int16 = -24
    let peer: Int16 = -40
    let start: [BPFInstruction] = [
      .move(.r6, .r1),
      .load(.word, .r2, base: .r6, Context.protocol), .jump(.notEqual, .r2, tcp, to: "pass"),
      // Almost all connections of a host end here: not to 127/8.
      .load(.byte, .r2, base: .r6, Context.address), .jump(.notEqual, .r2, 127, to: "pass"),
      .load(.doubleWord, .r7, base: .r6, Context.socket), .jump(.equal, .r7, 0, to: "pass"),
      .load(.word, .r2, base: .r7, Socket.sourceAddress), .jump(.notEqual, .r2, 0, to: "pass"),
      .load(.word, .r2, base: .r7, Socket.boundLink), .jump(.notEqual, .r2, 0, to: "pass"),
    ]
    let multipath: [BPFInstruction] = [
      .move(.r1, .r7), .call(.asMultipath), .jump(.notEqual, .r0, 0, to: "pass"),
    ]
    let rest: [BPFInstruction] = [
      // The key, and with it what will be written down.
      .move(.r1, .r6), .call(.networkCookie), .store(.doubleWord, base: .frame, key, .r0),
      .load(.word, .r2, base: .r6, Context.address),
      .store(.word, base: .frame, key + 8, .r2), .store(.word, base: .frame, peer, .r2),
      .load(.word, .r2, base: .r6, Context.port),
      .store(.half, base: .frame, key + 12, .r2), .store(.half, base: .frame, peer + 4, .r2),
      .storeValue(.half, base: .frame, key + 14, 0), .storeValue(.half, base: .frame, peer + 6, 0),
      .map(.r1, entries), .move(.r2, .frame), .add(.r2, Int32(key)), .call(.mapLookup),
      .jump(.equal, .r0, 0, to: "pass"),
      .load(.word, .r7, base: .r0, 0), .load(.half, .r8, base: .r0, 4),
      .store(.word, base: .frame, peer + 8, .r7), .store(.half, base: .frame, peer + 12, .r8),
      .storeValue(.half, base: .frame, peer + 14, 0),
      .move(.r1, .r6), .call(.socketCookie), .store(.doubleWord, base: .frame, cookie, .r0),
      .map(.r1, peers), .move(.r2, .frame), .add(.r2, Int32(cookie)), .move(.r3, .frame), .add(.r3, Int32(peer)),
      .set(.r4, 0), .call(.mapUpdate), .jump(.notEqual, .r0, 0, to: "pass"),
      .store(.word, base: .r6, Context.address, .r7), .store(.word, base: .r6, Context.port, .r8),
    ]
    return start + (tellsMultipath ? multipath : []) + rest + end
  }

  // MARK: names

  /// Finds what was written down for the context's socket, in `r0`.
  private static func lookUp(_ peers: Int32) -> [BPFInstruction] {
    [
      .move(.r6, .r1),
      .load(.word, .r2, base: .r6, Context.protocol), .jump(.notEqual, .r2, tcp, to: "pass"),
      .call(.socketCookie), .store(.doubleWord, base: .frame, -8, .r0),
      .map(.r1, peers), .move(.r2, .frame), .add(.r2, -8), .call(.mapLookup), .jump(.equal, .r0, 0, to: "pass"),
    ]
  }

  /// The peer's name is the one that was asked for, as long as the socket is connected to where it was sent: it may have
  /// been refused there, and have gone elsewhere.
  private static func peerName(peers: Int32) -> [BPFInstruction] {
    lookUp(peers) + [
      .load(.word, .r1, base: .r0, 8), .load(.word, .r2, base: .r6, Context.address),
      .jumpRegister(.notEqual, .r1, .r2, to: "pass"),
      .load(.half, .r1, base: .r0, 12), .load(.word, .r2, base: .r6, Context.port),
      .jumpRegister(.notEqual, .r1, .r2, to: "pass"),
      .load(.word, .r1, base: .r0, 0), .store(.word, base: .r6, Context.address, .r1),
      .load(.half, .r1, base: .r0, 4), .store(.word, base: .r6, Context.port, .r1),
    ] + end
  }

  /// The socket's own name is what the kernel gives to whoever connects to 127/8, and not the host's address on the
  /// bridge; nothing, where it is not connected.
  private static func socketName(peers: Int32) -> [BPFInstruction] {
    lookUp(peers) + [
      .load(.word, .r1, base: .r6, Context.address), .jump(.equal, .r1, 0, to: "pass"),
      .load(.doubleWord, .r2, base: .r6, Context.socket), .jump(.equal, .r2, 0, to: "pass"),
      .load(.word, .r2, base: .r2, Socket.destinationAddress), .load(.word, .r1, base: .r0, 8),
      .jumpRegister(.notEqual, .r1, .r2, to: "pass"),
      .set(.r1, loopback), .store(.word, base: .r6, Context.address, .r1),
    ] + end
  }
}
