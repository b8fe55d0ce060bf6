import Linux
import Testing

@Suite struct DatagramTests {
  private func server(_ address: [UInt8] = [127, 0, 0, 1]) throws -> (socket: FileDescriptor, port: UInt16) {
    let socket = try Sockets.make(.ipv4, .datagram)
    try Sockets.bind(socket, to: .ipv4(address, port: 0))
    return (socket, try #require(try Sockets.localAddress(socket)?.port))
  }

  private func client(_ port: UInt16, _ address: [UInt8] = [127, 0, 0, 1]) throws -> FileDescriptor {
    let socket = try Sockets.make(.ipv4, .datagram)
    try Sockets.connect(socket, to: .ipv4(address, port: port))
    return socket
  }

  /// What has come to a socket; on loopback nothing is under way.
  private func received(_ socket: FileDescriptor) throws -> [[UInt8]] {
    var all: [[UInt8]] = []
    while true {
      do throws(SystemError) { all.append(try Sockets.receive(from: socket).bytes) } catch {
        if error.code == .tryAgain { return all }
        throw error
      }
    }
  }

  @Test func aBatchIsAnsweredToWhoSentEachPart() throws {
    let (socket, port) = try server()
    let clients = try (0..<3).map { _ in try client(port) }
    let total = DatagramBatch.limit + 8
    for number in 0..<total { _ = try Sockets.send([UInt8(number), 7], to: clients[number % 3]) }
    let batch = DatagramBatch(size: 64)
    var counts: [Int] = []
    while true {
      let count = try batch.receive(from: socket)
      counts.append(count)
      if count == 0 { break }
      for index in 0..<count {
        batch.choose(index)
        #expect(batch.bytes[..<batch.count] == [UInt8((counts.count - 1) * DatagramBatch.limit + index), 7])
        batch.answer(Array(batch.bytes[..<batch.count]) + [1], from: socket)
      }
      batch.send(from: socket)
    }
    #expect(counts == [DatagramBatch.limit, 8, 0])
    for (index, client) in clients.enumerated() {
      #expect(try received(client) == stride(from: index, to: total, by: 3).map { [UInt8($0), 7, 1] })
    }
    // What was answered once is not sent again.
    batch.send(from: socket)
    #expect(try clients.allSatisfy { try received($0).isEmpty })
  }

  @Test func whatIsTooLongIsCut() throws {
    let (socket, port) = try server()
    let client = try client(port)
    _ = try Sockets.send([UInt8](repeating: 5, count: 100), to: client)
    _ = try Sockets.send([], to: client)
    let batch = DatagramBatch(size: 64)
    #expect(try batch.receive(from: socket) == 2)
    batch.choose(0)
    #expect(batch.count == 64 && batch.bytes == [UInt8](repeating: 5, count: 64))
    batch.choose(1)
    #expect(batch.count == 0)
  }

  @Test func manyLargeAnswersLeaveInParts() throws {
    let (socket, port) = try server()
    let client = try client(port)
    try Sockets.set(.receiveBuffer, 1 << 20, of: client)
    for number in 0..<4 { _ = try Sockets.send([UInt8(number)], to: client) }
    let batch = DatagramBatch(size: 64)
    #expect(try batch.receive(from: socket) == 4)
    for index in 0..<4 {
      batch.choose(index)
      batch.answer([UInt8](repeating: UInt8(index), count: 30_000), from: socket)
    }
    // More than any datagram can be, and nobody's answer.
    batch.answer([UInt8](repeating: 9, count: 65_537), from: socket)
    batch.send(from: socket)
    #expect(try received(client).map { $0.first.map(Int.init) } == [0, 1, 2, 3])
  }

  @Test func oneThatCannotBeSentKeepsNoOther() throws {
    let (socket, port) = try server()
    let client = try client(port)
    for number in 0..<3 { _ = try Sockets.send([UInt8(number)], to: client) }
    let batch = DatagramBatch(size: 64)
    #expect(try batch.receive(from: socket) == 3)
    for index in 0..<3 {
      batch.choose(index)
      // The second is longer than IPv4 carries.
      batch.answer([UInt8](repeating: UInt8(index), count: index == 1 ? 65_530 : 1), from: socket)
    }
    batch.send(from: socket)
    #expect(try received(client) == [[0], [2]])
  }

  @Test func answersLeaveFromTheAddressThatWasAsked() throws {
    let (open, port) = try server([0, 0, 0, 0])
    try Sockets.set(.ipv4PacketInformation, 1, of: open)
    let (plain, plainPort) = try server()
    let batch = DatagramBatch(size: 64)
    // Turn about, so that what one socket tells is not taken for the other's.
    for round in 0..<3 {
      // A connected socket hears only whom it asked.
      let asker = try client(port, [127, 0, 0, 77])
      _ = try Sockets.send([1], to: asker)
      #expect(try batch.receive(from: open, destination: true) == 1)
      batch.choose(0)
      batch.answer([2], from: open)
      batch.send(from: open)
      let origin = batch.origin
      try Datagrams.send([3], from: open, back: origin)
      #expect(try received(asker) == [[2], [3]], "round \(round)")
      let other = try client(plainPort)
      _ = try Sockets.send([4], to: other)
      #expect(try batch.receive(from: plain) == 1)
      batch.choose(0)
      batch.answer([5], from: plain)
      batch.send(from: plain)
      try Datagrams.send([6], from: plain, back: batch.origin)
      #expect(try received(other) == [[5], [6]], "round \(round)")
    }
  }

  @Test func aBufferTakesOneAtATime() throws {
    let (socket, port) = try server()
    let client = try client(port)
    let buffer = DatagramBuffer(capacity: 4)
    #expect(try !buffer.receive(from: socket))
    _ = try Sockets.send([1, 2, 3, 4, 5], to: client)
    _ = try Sockets.send([6], to: client)
    #expect(try buffer.receive(from: socket))
    #expect(buffer.bytes == [1, 2, 3, 4] && buffer.count == 4)
    #expect(try buffer.receive(from: socket))
    #expect(buffer.bytes[..<buffer.count] == [6])
    #expect(try !buffer.receive(from: socket))
  }
}
