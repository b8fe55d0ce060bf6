import APIMachinery
import Testing

@testable import ClusterAPI

@Suite("Files of a volume that overlap")
struct VolumePathWarningsTests {
  private func warnings(_ paths: [String]) -> [String] {
    let items = paths.map { JSONValue.object(["key": "k", "path": .string($0)]) }
    var warnings = Warnings()
    VolumePathWarnings.volumes(
      [["name": "v", "secret": ["secretName": "s", "items": .array(items)]]], &warnings)
    return warnings.texts.map { $0.replacing("volume \"v\" (Secret \"s\"): overlapping paths: ", with: "") }
  }

  @Test func eachIsToldWithAllThatCameBefore() {
    #expect(
      warnings(["a/b", "a/bc", "a", "a/b/c/", "a/b", "d", "", ""]) == [
        #""a" with "a/b""#, #""a" with "a/bc""#, #""a/b/c" with "a/b""#, #""a/b/c" with "a""#,
        #""a/b" with "a/b""#, #""a/b" with "a""#, #""a/b" with "a/b/c""#,
      ])
  }

  /// More of them than could be compared with each other, and a path of more places than could be written out one by one.
  @Test func manyAreJudgedInATimeThatGrowsWithThem() {
    #expect(warnings((0..<100_000).map { "p\($0)" }).isEmpty)
    #expect(warnings(Array(repeating: "same", count: 100_000)).count == 256)
    let deep = String(repeating: "x/", count: 200_000)
    #expect(warnings([deep + "a", deep + "b"]).isEmpty)
  }
}
