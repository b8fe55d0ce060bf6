import NIOCore

/// The bodies of a `BroadcastGroup` whose connections have the same event loop, on that loop.
final class BroadcastMembers {
  /// Streams of one HTTP/2 connection.
  private final class Connection {
    let direct: DirectFrames
    var streams: [DirectStream] = []

    init(_ direct: DirectFrames) { self.direct = direct }
  }

  private struct Other {
    let target: Broadcast.Target
    let whenSlow: () -> Void
  }

  private var connections: [ObjectIdentifier: Connection] = [:]
  private var others: [ObjectIdentifier: Other] = [:]

  func add(_ target: Broadcast.Target, _ whenSlow: @escaping () -> Void) {
    guard let stream = target.http2?.value, stream.direct.isDirect else {
      others[ObjectIdentifier(target.stream)] = Other(target: target, whenSlow: whenSlow)
      return
    }
    let id = ObjectIdentifier(stream.frames)
    let connection = connections[id] ?? Connection(stream.frames)
    connections[id] = connection
    stream.direct.whenSlow = whenSlow
    connection.streams.append(stream.direct)
  }

  func remove(_ target: Broadcast.Target) {
    guard others.removeValue(forKey: ObjectIdentifier(target.stream)) == nil, let stream = target.http2?.value else {
      return
    }
    stream.direct.whenSlow = nil
    let id = ObjectIdentifier(stream.frames)
    guard let connection = connections[id],
      let place = connection.streams.firstIndex(where: { $0 === stream.direct })
    else { return }
    // Their order says nothing.
    connection.streams.swapAt(place, connection.streams.count - 1)
    connection.streams.removeLast()
    if connection.streams.isEmpty { connections[id] = nil }
  }

  /// It goes out past what is queued for a stream by offers or by its own task: what was queued before has been drained, and
  /// what is queued after it has been removed is held back until then.
  func send(_ piece: ByteBuffer) {
    for connection in connections.values { connection.direct.send(piece, to: connection.streams) }
    guard !others.isEmpty else { return }
    var chunk = ByteBuffer()
    HTTP1Body.writeChunk(piece, to: &chunk)
    for other in others.values {
      let bytes = other.target.isChunked ? chunk : piece
      let isSlow = other.target.stream.pend(bytes.readableBytes)
      other.target.stream.send(bytes)
      if isSlow { other.whenSlow() }
    }
  }
}
