import Testing

@testable import APIServer

/// Features are as they are by default, and can be told to be so.
@Suite struct FeatureGatesTests {
  private func problem(_ settings: String...) -> String {
    do throws(FeatureGates.Problem) {
      try FeatureGates.check(settings)
      return ""
    } catch { return error.description }
  }

  @Test func whatIsSoCanBeSaid() {
    #expect(problem() == "")
    #expect(problem("APIServerTracing=true", "WatchList=true", "AllAlpha=false", " KMSv1 = f ") == "")
  }

  @Test func nothingElseCanBe() {
    #expect(
      problem("UserNamespacesSupport=false")
        == "cannot set feature gate UserNamespacesSupport to false, feature is locked to true")
    #expect(
      problem("GitRepoVolumeDriver=true")
        == "cannot set feature gate GitRepoVolumeDriver to true, feature is locked to false")
    #expect(problem("AllAlpha=true").hasPrefix("cannot set feature gate AllAlpha to true: "))
    #expect(problem("WatchList=false").hasPrefix("cannot set feature gate WatchList to false: "))
    #expect(problem("Nonsense=true") == "unrecognized feature gate: Nonsense")
    #expect(problem("WatchList") == "missing bool value for WatchList")
    #expect(problem("WatchList=on").hasPrefix("invalid value of WatchList=on, err: strconv.ParseBool"))
  }
}
