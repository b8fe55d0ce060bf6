import NIOCore
import Synchronization

/// Bodies that are sent the same for as long as they belong to it. Those of one event loop are kept together there, by
/// connection: a piece for a thousand streams is one call a loop, and for each stream a frame that is written behind
/// another's.
///
/// Whoever calls it sees to it that calls follow each other: they take effect in that order, and in their order with what
/// the same caller offers in a `Broadcast`.
public final class BroadcastGroup: Sendable {
  private struct Loop {
    let loop: any EventLoop
    let members: NIOLoopBoundBox<BroadcastMembers>
    var count = 0
  }

  private struct State {
    /// There are few.
    var loops: [Loop] = []
    /// Bytes of all pieces so far, and how many there were when a member came.
    var sent = 0
    var before: [ObjectIdentifier: Int] = [:]
  }

  private let state = Mutex(State())

  public init() {}

  /// A body takes part.
  /// - Parameter whenSlow: called, on an event loop, when so much waits for the client that it should be told in another way:
  ///   what is sent until it is removed waits too.
  public func add(_ target: Broadcast.Target, whenSlow: @escaping @Sendable () -> Void) {
    let loop = target.stream.eventLoop
    let members = state.withLock { state in
      state.before[ObjectIdentifier(target.stream)] = state.sent
      let place = state.loops.firstIndex { $0.loop === loop }
      if let place {
        state.loops[place].count += 1
        return state.loops[place].members
      }
      let members = NIOLoopBoundBox.makeBoxSendingValue(BroadcastMembers(), eventLoop: loop)
      state.loops.append(Loop(loop: loop, members: members, count: 1))
      return members
    }
    loop.execute { members.value.add(target, whenSlow) }
  }

  /// A body takes no part any more.
  public func remove(_ target: Broadcast.Target) {
    let loop = target.stream.eventLoop
    let found = state.withLock { state -> (members: NIOLoopBoundBox<BroadcastMembers>, count: Int)? in
      guard let before = state.before.removeValue(forKey: ObjectIdentifier(target.stream)),
        let place = state.loops.firstIndex(where: { $0.loop === loop })
      else { return nil }
      state.loops[place].count -= 1
      return (state.loops[place].members, state.sent - before)
    }
    guard let found else { return }
    // What is offered or written after this comes behind what the group was sent before.
    target.stream.hold(broadcast: found.count)
    loop.execute {
      found.members.value.remove(target)
      target.stream.release()
    }
  }

  /// Sends a piece to all.
  public func send(_ piece: ByteBuffer) {
    guard piece.readableBytes > 0 else { return }
    let loops = state.withLock { state in
      state.sent += piece.readableBytes
      return state.loops.filter { $0.count > 0 }
    }
    for one in loops {
      // Each loop has a copy: counting references to one that several threads use would cost more than all else.
      var copy = ByteBufferAllocator().buffer(capacity: piece.readableBytes)
      copy.writeImmutableBuffer(piece)
      one.loop.execute { [copy] in one.members.value.send(copy) }
    }
  }
}
