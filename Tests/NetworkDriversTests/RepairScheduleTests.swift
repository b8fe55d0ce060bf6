import Testing

@testable import NetworkDrivers

@Suite struct RepairScheduleTests {
  private let start = ContinuousClock.now
  private let network = RepairTarget.network("n")
  private let endpoint = RepairTarget.endpoint("e")

  @Test func suspicionGathersForAMomentAndNotForLonger() {
    var schedule = RepairSchedule()
    #expect(schedule.next == nil)
    schedule.suspect(endpoint, at: start)
    schedule.suspect(network, at: start + .milliseconds(15))
    schedule.suspect(endpoint, at: start + .milliseconds(19))
    #expect(schedule.next == start + RepairSchedule.gathering)
    #expect(schedule.take(at: start + .milliseconds(19)) == [])
    #expect(schedule.take(at: start + .milliseconds(35)) == [network, endpoint])
    #expect(schedule.next == nil)
  }

  @Test func whatIsBeingChangedByOurselvesIsLookedAtLater() {
    var schedule = RepairSchedule()
    schedule.postpone(network, at: start)
    #expect(schedule.next == start + RepairSchedule.postponement)
    schedule.forget(network)
    #expect(schedule.next == nil)
  }

  @Test func whoeverChangesAnObjectAgainAndAgainIsNotFoughtWith() {
    var schedule = RepairSchedule()
    var now = start
    var repairs = 0
    // Somebody does damage at every moment of an hour.
    while now < start + .seconds(3600) {
      schedule.suspect(network, at: now)
      if let next = schedule.next { now = max(next, now) }
      for target in schedule.take(at: now) {
        repairs += 1
        _ = schedule.repaired(target, at: now)
      }
      now += .milliseconds(1)
    }
    #expect((60...90).contains(repairs), "\(repairs)")
  }

  @Test func afterAQuietTimeThePastIsForgotten() {
    var schedule = RepairSchedule()
    var now = start
    for _ in 1..<RepairSchedule.free { #expect(schedule.repaired(network, at: now) == nil) }
    #expect(schedule.repaired(network, at: now) == .milliseconds(500))
    #expect(schedule.repaired(network, at: now) == .seconds(1))
    schedule.suspect(network, at: now)
    #expect(schedule.next == now + .seconds(1))
    now += .seconds(1)
    #expect(schedule.take(at: now) == [network])
    now += RepairSchedule.quiet
    schedule.suspect(network, at: now)
    #expect(schedule.next == now + RepairSchedule.gathering)
    #expect(schedule.repaired(network, at: now) == nil)
  }

  @Test func anObjectsPastIsItsOwn() {
    var schedule = RepairSchedule()
    for _ in 0..<20 { _ = schedule.repaired(network, at: start) }
    schedule.suspect(endpoint, at: start)
    schedule.suspect(network, at: start)
    #expect(schedule.take(at: start + RepairSchedule.gathering) == [endpoint])
    #expect(schedule.next == start + RepairSchedule.longestPause)
  }

  @Test func whatFailsIsTriedAgainAndToldOnce() {
    var schedule = RepairSchedule()
    #expect(schedule.failed(network, "no space", at: start) == true)
    #expect(schedule.next == start + RepairSchedule.firstPause)
    var now = start
    for _ in 0..<20 {
      guard let next = schedule.next else { break }
      #expect(next - now <= RepairSchedule.longestPause)
      now = next
      #expect(schedule.take(at: now) == [network])
      #expect(schedule.failed(network, "no space", at: now) == false)
    }
    #expect(schedule.failed(network, "something else", at: now) == true)
    schedule.found(whole: network)
    #expect(schedule.failed(network, "something else", at: now) == true)
  }
}
