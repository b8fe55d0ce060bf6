import Testing

@testable import ContainerEngine

@Suite struct EventBusTests {
  private func event(_ number: Int64) -> Event { Event(.container, "e\(number)", actor: "a", time: number) }

  @Test func listenerGetsWhatHappensAfterItCame() async {
    let bus = EventBus()
    bus.publish(event(1))
    let stream = bus.subscribe()
    bus.publish(event(2))
    bus.publish(event(3))
    bus.finish()
    var actions: [String] = []
    for await event in stream { actions.append(event.action) }
    #expect(actions == ["e2", "e3"])
  }

  @Test func sinceLooksBackAndGoesOnWithoutGap() async {
    let bus = EventBus()
    for number in 1...4 { bus.publish(event(Int64(number))) }
    let stream = bus.subscribe(since: 3)
    bus.publish(event(5))
    bus.finish()
    var actions: [String] = []
    for await event in stream { actions.append(event.action) }
    #expect(actions == ["e3", "e4", "e5"])
  }

  @Test func untilInThePastEndsTheStream() async {
    let bus = EventBus()
    for number in 1...4 { bus.publish(event(Int64(number))) }
    var actions: [String] = []
    for await event in bus.subscribe(since: 2, until: 3) { actions.append(event.action) }
    #expect(actions == ["e2", "e3"])
  }

  @Test func memoryIsLimited() async {
    let bus = EventBus()
    for number in 1...Int64(EventBus.memory + 10) { bus.publish(event(number)) }
    var count = 0
    for await _ in bus.subscribe(since: 0, until: 1_000_000) { count += 1 }
    #expect(count == EventBus.memory)
  }
}
