import Testing

@testable import APIServer

@Suite struct WatchClockTests {
  private func watch() -> CacheWatch { CacheWatch(revision: 1) { _ in } }

  @Test func whoseTimeIsOverEnds() async {
    let (clock, long, short) = (WatchClock(), watch(), watch())
    let first = clock.add(long, seconds: 3600, wantsMarks: true)
    // It is due before the one that the clock sleeps for.
    _ = clock.add(short, seconds: 0, wantsMarks: true)
    #expect(await short.next() == nil)
    #expect(!short.isCutOff)
    #expect(long.waiting() != nil)
    clock.remove(first)
  }

  @Test func whoHasGoneIsLeftAlone() async {
    let (clock, gone, last) = (WatchClock(), watch(), watch())
    clock.remove(clock.add(gone, seconds: 0, wantsMarks: false))
    // Times that no clock reaches are as good as none.
    clock.remove(clock.add(gone, seconds: .max, wantsMarks: false))
    _ = clock.add(last, seconds: 0, wantsMarks: false)
    #expect(await last.next() == nil)
    #expect(gone.waiting() != nil)
  }
}
