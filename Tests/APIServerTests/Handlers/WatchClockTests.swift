import APIMachinery
import Testing

@testable import APIServer

@Suite struct WatchClockTests {
  private let place = GroupResource(group: "example.com", resource: "things")

  private func watch() -> CacheWatch { CacheWatch(revision: 1) { _ in } }

  @Test func whoseTimeIsOverEnds() async {
    let (clock, long, short) = (WatchClock(), watch(), watch())
    let first = clock.add(long, of: place, seconds: 3600, wantsMarks: true)
    // It is due before the one that the clock sleeps for.
    _ = clock.add(short, of: place, seconds: 0, wantsMarks: true)
    #expect(await short.next() == nil)
    #expect(!short.isCutOff)
    #expect(long.waiting() != nil)
    clock.remove(first)
  }

  @Test func whoHasGoneIsLeftAlone() async {
    let (clock, gone, last) = (WatchClock(), watch(), watch())
    clock.remove(clock.add(gone, of: place, seconds: 0, wantsMarks: false))
    // Times that no clock reaches are as good as none.
    clock.remove(clock.add(gone, of: place, seconds: .max, wantsMarks: false))
    _ = clock.add(last, of: place, seconds: 0, wantsMarks: false)
    #expect(await last.next() == nil)
    #expect(gone.waiting() != nil)
  }

  @Test func watchesOfAResourceEndTogether() async {
    let other = GroupResource(group: "example.com", resource: "others")
    let (clock, first, second) = (WatchClock(), watch(), watch())
    _ = clock.add(first, of: place, seconds: 3600, wantsMarks: false)
    let kept = clock.add(second, of: other, seconds: 3600, wantsMarks: false)
    clock.end(place)
    #expect(await first.next() == nil)
    #expect(!first.isCutOff)
    #expect(second.waiting() != nil)
    clock.remove(kept)
  }

  @Test func whatWaitsIsReadBeforeTheEnd() async {
    let one = watch()
    let event = ObjectEvent(revision: 2, current: nil, previous: nil)
    ChangeDelivery.deliver([event], revision: 2, to: [one])
    one.finish()
    #expect(await one.next()?.events.count == 1)
    #expect(await one.next() == nil)
  }
}
