import Testing

@testable import APIServer

@Suite(.timeLimit(.minutes(1))) struct IdleTimerTests {
  /// After use comes idleness, once, and again after more use.
  @Test func idlenessIsToldOnce() async {
    let timer = IdleTimer(after: .milliseconds(1))
    let (stream, told) = AsyncStream<Int>.makeStream()
    var idle = stream.makeAsyncIterator()
    for round in 0..<3 {
      timer.used { told.yield(round) }
      #expect(await idle.next() == round)
    }
    // Of many uses at once the first says what is done.
    let long = IdleTimer(after: .milliseconds(200))
    for number in 10..<20 { long.used { told.yield(number) } }
    #expect(await idle.next() == 10)
    told.finish()
    #expect(await idle.next() == nil)
  }

  /// Whoever is gone is told nothing of, and keeps no task waiting for it but the one that sleeps.
  @Test func theEndOfTheTimer() async {
    let (stream, told) = AsyncStream<Bool>.makeStream()
    var idle = stream.makeAsyncIterator()
    do {
      let timer = IdleTimer(after: .milliseconds(1))
      timer.used { told.yield(true) }
    }
    #expect(await idle.next() == true)
  }
}
