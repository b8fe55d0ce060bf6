import Testing

@testable import DNS

@Suite struct VigilTests {
  @Test func onlyWhoIsAskedOnceAndAgainStaysAwake() {
    var vigil = Vigil()
    #expect(!vigil.isWorthwhile)
    for _ in 0..<2 { vigil.slept(30_000) }
    #expect(!vigil.isWorthwhile)
    vigil.slept(30_000)
    #expect(vigil.isWorthwhile)
    // One that was in vain is the last for now.
    vigil.wasInVain()
    #expect(!vigil.isWorthwhile)
    for _ in 0..<3 { vigil.slept(100_000) }
    #expect(vigil.isWorthwhile)
    vigil.slept(100_001)
    #expect(!vigil.isWorthwhile)
  }

  @Test func aLongSleepBetweenShortOnesBeginsAnew() {
    var vigil = Vigil()
    for sleep in [1_000, 1_000, 5_000_000, 1_000, 1_000] as [Int64] {
      vigil.slept(sleep)
      #expect(!vigil.isWorthwhile)
    }
    vigil.slept(1_000)
    #expect(vigil.isWorthwhile)
  }
}
